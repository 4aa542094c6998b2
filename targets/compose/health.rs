//! Health checks.

use model::{Health, Name, Port, Probe};
use std::collections::BTreeMap;

use super::Lowering;
use super::container::Reader;
use super::spec;
use super::value::Value;

impl Lowering<'_> {
    /// The health check of `reader`, which listens on `ports`.
    pub(super) fn health(
        &mut self,
        reader: &Reader<'_>,
        ports: &BTreeMap<Name, Port>,
        health: &Health,
    ) -> spec::Healthcheck {
        let Health {
            probe,
            interval_seconds,
            timeout_seconds,
            retries,
            start_period_seconds,
            start_interval_seconds,
        } = health;
        spec::Healthcheck {
            test: self.probe(reader, ports, probe),
            interval: Value::seconds(interval_seconds.get()),
            timeout: Value::seconds(timeout_seconds.get()),
            retries: retries.get(),
            start_period: Value::seconds(*start_period_seconds),
            start_interval: Value::seconds(start_interval_seconds.get()),
        }
    }

    /// What runs in the container. HTTP and TCP are tried with what images of Debian's kind have:
    /// `curl`, and `bash`, which opens connections itself.
    fn probe(
        &mut self,
        reader: &Reader<'_>,
        ports: &BTreeMap<Name, Port>,
        probe: &Probe,
    ) -> Vec<Value> {
        let path = format!("{}.health.probe", reader.path);
        let hostname = &reader.hostname;
        let number = |port| ports.get(port).expect("checked: the port exists").container;
        match probe {
            Probe::Exec(texts) => {
                let path = format!("{path}.Exec");
                let mut test = vec![Value::literal("CMD")];
                for (index, text) in texts.iter().enumerate() {
                    test.push(self.text(reader.name, &format!("{path}[{index}]"), text));
                }
                test
            }
            Probe::Shell(line) => {
                let line = self.text(reader.name, &format!("{path}.Shell"), line);
                vec![Value::literal("CMD-SHELL"), line]
            }
            Probe::Http { port, path } => {
                let url = format!("http://{hostname}:{}{path}", number(port));
                ["CMD", "curl", "-f", &url].map(Value::literal).to_vec()
            }
            Probe::Tcp { port } => {
                let open = format!("< /dev/tcp/{hostname}/{}", number(port));
                ["CMD", "bash", "-c", &open].map(Value::literal).to_vec()
            }
        }
    }
}
