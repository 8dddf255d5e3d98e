//! The bookshop as a program: its services, the page in front of them, and orders to them.

mod front;
mod orders;

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use bookshop::{Options, Service};
use clap::Parser;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};

use front::Shop;

/// Seven gRPC services of a bookshop.
#[derive(Debug, Parser)]
#[command(version, after_help = orders_help())]
struct Arguments {
    /// Run this service alone
    #[arg(long, value_name = "NAME")]
    only: Option<Service>,

    /// Where the first service listens; the others take the ports after it. With port 0 each takes a free one. Without
    /// this the catalog takes 50011, and the others the ports up to 50017, alone or together
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,

    /// Where the page is; with --only there is none
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4000")]
    page: SocketAddr,

    /// Where the reviews are kept
    #[arg(long, value_name = "DIR", default_value = "bookshop-data")]
    data: PathBuf,

    /// What is made up is made from this number
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
}

fn orders_help() -> String {
    format!("While it runs it takes orders, a line each:\n{}", orders::HELP)
}

impl Arguments {
    fn options(&self) -> Options {
        let services = self.only.map_or_else(|| Service::ALL.to_vec(), |only| vec![only]);
        let default = SocketAddr::from(([127, 0, 0, 1], services[0].default_port()));
        let listen = self.listen.unwrap_or(default);
        Options {
            services,
            listen,
            data: Some(self.data.clone()),
            seed: self.seed,
            ..Options::default()
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when standard error is closed.
            let _closed = writeln!(io::stderr(), "bookshop: {}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let shop = bookshop::start(arguments.options()).await?;
    for (service, address) in shop.addresses() {
        say(&format!("{:<16} {address}", service.name()))?;
    }
    let shop = Arc::new(Mutex::new(shop));
    if arguments.only.is_none() {
        let listener = TcpListener::bind(arguments.page)
            .await
            .map_err(|error| format!("{}: {error}", arguments.page))?;
        say(&format!("{:<16} http://{}", "page", listener.local_addr()?))?;
        tokio::spawn(axum::serve(listener, front::router(Arc::clone(&shop))).into_future());
    }

    obey(&shop).await?;
    shop.lock().await.stop_all().await;
    Ok(())
}

/// Carries out what is typed until somebody stops the program.
async fn obey(shop: &Shop) -> io::Result<()> {
    let mut lines = typed_lines();
    loop {
        tokio::select! {
            stopped = tokio::signal::ctrl_c() => return stopped,
            Some(line) = lines.recv() => {
                let said = match line.parse() {
                    Ok(order) => orders::carry_out(order, &mut *shop.lock().await).await,
                    Err(wrong) => wrong,
                };
                say(&said)?;
            }
        }
    }
}

/// Lines from the keyboard. They are read on a thread that the process does not wait for when it ends, because nobody can
/// interrupt a read of standard input.
fn typed_lines() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// An error with all that caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
