//! Everything that this process logs, of every thread and at every level.

use std::{
    io,
    sync::{Arc, Mutex},
};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::{
    Layer as _,
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
};

#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// From now on. Traces go to `provider`; those of the sending itself would never end.
    pub(super) fn start(provider: &SdkTracerProvider) -> Self {
        let log = Self::default();
        let writer = log.clone();
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
            .with_writer(move || writer.clone());
        let sending = ["h2", "hyper", "hyper_util", "tonic", "tower", "opentelemetry"];
        let but_sending = Targets::new()
            .with_default(LevelFilter::TRACE)
            .with_targets(sending.map(|target| (target, LevelFilter::OFF)));
        let traces =
            tracing_opentelemetry::layer().with_tracer(provider.tracer("a test")).with_filter(but_sending);
        let subscriber =
            tracing_subscriber::registry().with(lines.with_filter(LevelFilter::TRACE)).with(traces);
        tracing::subscriber::set_global_default(subscriber).unwrap();
        log
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
