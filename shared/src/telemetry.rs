//! Logs on standard error and, where a collector is configured, traces over OTLP.
//!
//! What is logged are sentences with fields. Tokens, codes, keys, cookies and credentials are held in types whose
//! `Debug` does not show them, and no layer records request headers or bodies.

pub mod metrics;
mod sampling;
pub mod trace;

use std::str::FromStr;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::filter_fn, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

pub use self::sampling::Sampling;
use crate::env::Env;

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

/// Where logs and traces go.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// `LOG_FORMAT`: how log lines are written, `text` or `json`; default `text`.
    pub format: LogFormat,
    /// `LOG_FILTER`: directives as `tracing_subscriber::EnvFilter` reads them; default `info`.
    pub filter: String,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`: the collector's gRPC address; default none, without which no traces are sent.
    pub otlp_endpoint: Option<String>,
    /// `OTEL_TRACES_SAMPLER`: which traces are recorded, `always_on`, `always_off`, `traceidratio`, or with `parentbased_`
    /// before these whatever the client decided; default `parentbased_always_on`.
    /// `OTEL_TRACES_SAMPLER_ARG`: the share of the two ratios, 0 to 1; default `1`.
    pub sampling: Sampling,
}

impl Telemetry {
    /// Reads the section from the environment.
    pub fn read(env: &mut Env) -> Self {
        let filter = env.text("LOG_FILTER").unwrap_or_else(|| "info".to_owned());
        if EnvFilter::try_new(&filter).is_err() {
            env.wrong("LOG_FILTER", "should be filter directives such as \"info\" or \"info,gateway=debug\"");
        }
        Self {
            format: env.parsed("LOG_FORMAT", "\"text\" or \"json\"", LogFormat::Text),
            filter,
            otlp_endpoint: env.text("OTEL_EXPORTER_OTLP_ENDPOINT"),
            sampling: Sampling::read(env),
        }
    }

    /// Starts logging and tracing for this process, once. Keep the guard until the end: dropping it sends what is
    /// still buffered.
    pub fn start(&self, service: &'static str) -> Result<Guard, StartError> {
        let filter = EnvFilter::try_new(&self.filter)?;
        let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
        let lines = match self.format {
            LogFormat::Text => lines.boxed(),
            LogFormat::Json => lines.json().flatten_event(true).boxed(),
        };
        let provider = self
            .otlp_endpoint
            .as_deref()
            .map(|endpoint| sampled_tracer(endpoint, service, self.sampling.0.clone()))
            .transpose()?;
        let traces = provider.as_ref().map(|provider| {
            tracing_opentelemetry::layer()
                .with_tracer(provider.tracer("peaka-mcp"))
                .with_location(false)
                .with_threads(false)
                .with_tracked_inactivity(false)
                .with_filter(filter_fn(|metadata| !is_of_the_exporter(metadata.target())))
        });
        tracing_subscriber::registry().with(filter).with(lines).with(traces).try_init()?;
        if provider.is_some() {
            trace::switch_on();
        }
        Ok(Guard(provider))
    }
}

/// What the sending of traces itself tells must not become part of traces.
fn is_of_the_exporter(target: &str) -> bool {
    let root = target.split("::").next().unwrap_or_default();
    [
        "h2",
        "hyper",
        "hyper_util",
        "opentelemetry",
        "opentelemetry_sdk",
        "opentelemetry-otlp",
        "tonic",
        "tower",
    ]
    .contains(&root)
}

/// Sends all traces of `service` to a collector, over gRPC. [`Telemetry::start`] does so by itself.
pub fn tracer(endpoint: &str, service: &'static str) -> Result<SdkTracerProvider, StartError> {
    sampled_tracer(endpoint, service, Sampler::AlwaysOn)
}

fn sampled_tracer(
    endpoint: &str,
    service: &'static str,
    sampler: Sampler,
) -> Result<SdkTracerProvider, StartError> {
    let exporter =
        opentelemetry_otlp::SpanExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(sampler)
        .with_resource(Resource::builder().with_service_name(service).build())
        .build())
}

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The filter directives are malformed.
    #[error("LOG_FILTER is malformed")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The exporter could not be made.
    #[error("the OTLP exporter could not be made")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// Something else in this process logs already.
    #[error("logging was started twice")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Sends what is buffered when it is dropped.
#[derive(Debug)]
#[must_use = "dropping the guard ends tracing"]
pub struct Guard(Option<SdkTracerProvider>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(provider) = &self.0
            && let Err(error) = provider.shutdown()
        {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}
