//! Which traces are recorded, as OpenTelemetry's own variables say it.

use opentelemetry_sdk::trace::Sampler;

use crate::env::Env;

const NAMES: &str = "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off or \
                     parentbased_traceidratio";

/// `OTEL_TRACES_SAMPLER` (default `parentbased_always_on`: whoever begins a trace decides) and, for the two ratios,
/// `OTEL_TRACES_SAMPLER_ARG` (default 1).
#[derive(Clone, Debug)]
pub struct Sampling(pub(super) Sampler);

impl Sampling {
    pub(super) fn read(env: &mut Env) -> Self {
        const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
        const RATIO: &str = "OTEL_TRACES_SAMPLER_ARG";
        let ratio: f64 = env.parsed(RATIO, "a number from 0 to 1", 1.0);
        if !(0.0..=1.0).contains(&ratio) {
            env.wrong(RATIO, "should be a number from 0 to 1");
        }
        let name = env.text(SAMPLER).unwrap_or_else(|| "parentbased_always_on".to_owned());
        let (based, root) = match name.strip_prefix("parentbased_") {
            Some(root) => (true, root),
            None => (false, name.as_str()),
        };
        let root = match root {
            "always_on" => Sampler::AlwaysOn,
            "always_off" => Sampler::AlwaysOff,
            "traceidratio" => Sampler::TraceIdRatioBased(ratio),
            _ => {
                env.wrong(SAMPLER, format!("should be {NAMES}"));
                Sampler::AlwaysOff
            }
        };
        Self(if based { Sampler::ParentBased(Box::new(root)) } else { root })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<String, String> {
        let mut env = Env::of(variables.iter().copied());
        let sampling = Sampling::read(&mut env);
        env.finish(format!("{:?}", sampling.0)).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn opentelemetrys_names() {
        assert_eq!(read(&[]).unwrap(), "ParentBased(AlwaysOn)");
        assert_eq!(read(&[("OTEL_TRACES_SAMPLER", "always_off")]).unwrap(), "AlwaysOff");
        let ratio =
            [("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.25")];
        assert_eq!(read(&ratio).unwrap(), "ParentBased(TraceIdRatioBased(0.25))");
        for wrong in [("OTEL_TRACES_SAMPLER", "xray"), ("OTEL_TRACES_SAMPLER_ARG", "7")] {
            assert!(read(&[wrong]).unwrap_err().contains(wrong.0));
        }
    }
}
