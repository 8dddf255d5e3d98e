//! Listeners, HTTP and WebSockets: the only door of axum.
//!
//! `/graphql` answers GraphQL over HTTP and shows GraphiQL to browsers, `/live` says that the process runs, `/ready` whether
//! requests should come here. A client that leaves drops the future that works for it.

mod answer;
mod caller;
mod config;
mod endpoint;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod graphiql;
mod http2;
mod listener;
mod media;
mod multipart;
mod operations;
mod origin;
mod parameters;
mod single;
mod socket;
mod sse;
mod stopping;
mod threads;
mod websocket;

use std::{
    fmt,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{Router, body::Body, extract::Request, http::StatusCode, response::Response, routing};
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use tokio::{net::TcpListener, time::sleep};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

pub use caller::Mocking;
pub use config::{Config, Cors, Explain, Header, Origin, Secret, Streams, Trusted};
pub use threads::OnThread;

use self::{
    listener::{Connections, Listener},
    single::Reservations,
    stopping::Stopping,
    threads::Threads,
};
use crate::{
    error::{Code, Error, Result},
    graphql::Front,
};

/// What all requests share.
struct Site {
    config: Config,
    front: Front,
    mocking: Mocking,
    ready: AtomicBool,
    stopping: Stopping,
    /// Event streams that several requests share.
    reservations: Arc<Reservations>,
}

/// A page or a file of the embedding program.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it is, from `/`.
    pub path: String,
    /// `text/html; charset=utf-8`, for example.
    pub content_type: HeaderValue,
    /// The content.
    pub bytes: Bytes,
}

/// A server that has its port and takes no requests yet.
pub struct Server {
    /// No runtime's yet: it is built in one, and may serve in another.
    listener: std::net::TcpListener,
    address: SocketAddr,
    site: Arc<Site>,
    router: Router,
    on_thread: OnThread,
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Server({})", self.address)
    }
}

impl Server {
    /// Takes the port.
    ///
    /// # Errors
    ///
    /// [`Code::FailedPrecondition`] where the port is not to be had.
    pub async fn bind(
        config: Config,
        front: Front,
        mocking: Mocking,
        pages: Vec<Page>,
    ) -> Result<Self> {
        let refused = |error| {
            let message = format!("cannot listen at {}", config.listen);
            Error::with_source(Code::FailedPrecondition, message, error)
        };
        let listener = listener::bind(config.listen).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let listener = listener.into_std().map_err(refused)?;
        let reservations = Arc::new(Reservations::new(&config.streams));
        let site = Arc::new(Site {
            config,
            front,
            mocking,
            ready: AtomicBool::new(true),
            stopping: Stopping::default(),
            reservations,
        });
        let router = router(&site, pages);
        Ok(Self { listener, address, site, router, on_thread: Arc::new(|_| {}) })
    }

    /// What each runtime that answers does before it takes requests: those of [`Config::threads`], or the one at hand.
    #[must_use]
    pub fn on_thread(self, on_thread: OnThread) -> Self {
        Self { on_thread, ..self }
    }

    /// Where it listens, with the port that it got where the configuration says 0.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The schema that clients see.
    #[must_use]
    pub fn sdl(&self) -> String {
        self.site.front.sdl()
    }

    /// Takes requests until `stop` is done. Then `/ready` says no, and after `drain_delay` nothing new is taken; requests in
    /// flight have `drain_timeout` to end, and subscriptions end at once.
    ///
    /// # Errors
    ///
    /// [`Code::ResourceExhausted`] where the system gives no more threads, [`Code::Internal`] where this runtime cannot listen.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<()> {
        let Self { listener, site, router, on_thread, .. } = self;
        let stop = async {
            stop.await;
            site.ready.store(false, Ordering::Relaxed);
            sleep(site.config.drain_delay.0).await;
            site.stopping.begin();
        };
        let listener = TcpListener::from_std(listener).map_err(|error| {
            Error::with_source(Code::Internal, "the runtime at hand cannot listen", error)
        })?;
        let listener = Listener::new(listener, &site.config);
        let connections = || Connections::new(router.clone(), &site.config, &site.stopping);
        let Some(count) = site.config.threads else {
            on_thread(0);
            listener::serve(listener, connections(), stop).await;
            return Ok(());
        };
        let threads = Threads::start(count.get().into(), connections, &on_thread);
        let threads = threads.map_err(|error| {
            let message = format!("the system does not give {count} threads");
            Error::with_source(Code::ResourceExhausted, message, error)
        })?;
        threads.serve(listener, stop).await;
        Ok(())
    }
}

fn router(site: &Arc<Site>, pages: Vec<Page>) -> Router {
    let graphql = {
        let site = Arc::clone(site);
        move |request: Request<Body>| endpoint::respond(Arc::clone(&site), request)
    };
    let ready = {
        let site = Arc::clone(site);
        move || std::future::ready(health(site.ready.load(Ordering::Relaxed)))
    };
    let mut router = Router::new()
        .route("/graphql", routing::any(graphql).layer(cors(&site.config.cors)))
        .route("/live", routing::get(|| std::future::ready(health(true))))
        .route("/ready", routing::get(ready));
    if site.config.graphiql {
        router = router.route("/graphiql/{name}", routing::get(graphiql::asset));
    }
    for page in pages {
        let path = page.path.clone();
        router = router.route(&path, routing::get(move || std::future::ready(page.response())));
    }
    router
}

impl Page {
    fn response(&self) -> Response {
        let mut response = Response::new(Body::from(self.bytes.clone()));
        response.headers_mut().insert(header::CONTENT_TYPE, self.content_type.clone());
        response
    }
}

fn health(well: bool) -> Response {
    let mut response = Response::new(Body::from(if well { "ok\n" } else { "stopping\n" }));
    if !well {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn cors(cors: &Cors) -> CorsLayer {
    let exact = cors.origins.iter().filter_map(|origin| match origin {
        Origin::Any => None,
        Origin::Exact(value) => Some(value.clone()),
    });
    let any = cors.origins.contains(&Origin::Any);
    let origin = if any { AllowOrigin::any() } else { AllowOrigin::list(exact) };
    CorsLayer::new()
        .allow_origin(origin)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .allow_credentials(cors.credentials && !any)
        .max_age(cors.max_age.0)
}

#[cfg(test)]
pub(crate) mod tests;
