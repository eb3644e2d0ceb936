//! Logs on standard error and, where a collector is configured, traces over OTLP.
//!
//! What is logged are sentences with fields. Tokens, codes, keys, cookies and credentials are held in types whose
//! `Debug` does not show them, and no layer records request headers or bodies.

pub mod metrics;

use std::str::FromStr;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

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
    /// `LOG_FORMAT`: `text` (default) or `json`.
    pub format: LogFormat,
    /// `LOG_FILTER`: directives as `tracing_subscriber::EnvFilter` reads them; default `info`.
    pub filter: String,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`: the collector's gRPC address; no traces are sent without it.
    pub otlp_endpoint: Option<String>,
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
        let provider = self.otlp_endpoint.as_deref().map(|endpoint| tracer(endpoint, service)).transpose()?;
        let traces =
            provider.as_ref().map(|p| tracing_opentelemetry::layer().with_tracer(p.tracer("peaka-mcp")));
        tracing_subscriber::registry().with(filter).with(lines).with(traces).try_init()?;
        Ok(Guard(provider))
    }
}

/// Sends traces of `service` to a collector, over gRPC. [`Telemetry::start`] does so by itself.
pub fn tracer(endpoint: &str, service: &'static str) -> Result<SdkTracerProvider, StartError> {
    let exporter =
        opentelemetry_otlp::SpanExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
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
