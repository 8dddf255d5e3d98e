//! The bookshop as a program: its services, the gateway with the page in front of them, and orders to them.

mod front;

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anabranch::gateway::Gateway;
use bookshop::{Options, Service, orders};
use clap::Parser;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use front::Shop;

/// Many small buffers are taken and given back by the same thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Seven gRPC services of a bookshop, and the gateway in front of them.
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

    /// Where the page and /graphql are, instead of where the gateway's configuration says; with --only there are none
    #[arg(long, value_name = "ADDRESS")]
    page: Option<SocketAddr>,

    /// Where the page's buttons send their orders
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4001")]
    orders: SocketAddr,

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
    let shop = Arc::new(Mutex::new(bookshop::start(arguments.options()).await?));
    say(&services(&shop).await)?;
    if arguments.only.is_some() {
        obey(&shop).await?;
    } else {
        let gateway = gateway(arguments, &shop).await?;
        say(&invitation(&gateway))?;
        let stop = CancellationToken::new();
        let serving = tokio::spawn(gateway.serve_until(stop.clone().cancelled_owned()));
        obey(&shop).await?;
        stop.cancel();
        serving.await??;
    }
    shop.lock().await.stop_all().await;
    Ok(())
}

/// The gateway with the page, and beside it what carries out the orders of the page.
async fn gateway(
    arguments: &Arguments,
    shop: &Shop,
) -> Result<Gateway, Box<dyn std::error::Error>> {
    let listener = TcpListener::bind(arguments.orders)
        .await
        .map_err(|error| format!("{}: {error}", arguments.orders))?;
    let page = front::page(&format!("http://{}", listener.local_addr()?));
    tokio::spawn(axum::serve(listener, front::router(Arc::clone(shop))).into_future());

    let mut gateway = bookshop::gateway(&*shop.lock().await)?;
    if let Some(address) = arguments.page {
        gateway = gateway.listen(address.to_string())?;
    }
    Ok(gateway.page("/", "text/html; charset=utf-8", page).build().await?)
}

/// Which services run, and where.
async fn services(shop: &Shop) -> String {
    let lines = shop
        .lock()
        .await
        .addresses()
        .into_iter()
        .map(|(service, address)| format!("  {:<16} {address}\n", service.name()));
    format!("The services of the bookshop:\n{}", lines.collect::<String>())
}

fn invitation(gateway: &Gateway) -> String {
    let address = gateway.address();
    format!(
        "{}\n\nOpen  http://{address}/  for the page, or  http://{address}/graphql  to ask by yourself.\n\
         Then spoil it: `stop reviews`, `slow pricing 500`, `heal pricing`; `help` lists all orders. Ctrl-C ends it.",
        gateway.announcement()
    )
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
