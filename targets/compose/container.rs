//! What services and jobs have in common.

use std::collections::BTreeMap;

use model::{Condition, Image, ImageReference, Logging, Name, Resources, Text, User, Workload};

use super::Lowering;
use super::spec;
use super::spelling::Compose;
use super::value::Value;
use crate::at::At;
use crate::places::{Owner, owner};
use crate::spelling::Spelling;

/// The workload that is being lowered.
pub(super) struct Reader<'a> {
    /// Its path: `services.web`.
    pub(super) path: String,
    /// Its key.
    pub(super) name: &'a Name,
    /// The name by which it finds itself.
    pub(super) hostname: String,
    /// Whom it runs as.
    pub(super) owner: Owner,
}

/// What only services or only jobs have.
pub(super) struct Kind<'a> {
    pub(super) ports: Vec<At<spec::Port>>,
    pub(super) healthcheck: Option<At<spec::Healthcheck>>,
    pub(super) restart: At<Value>,
    pub(super) replicas: Option<At<u32>>,
    /// Late-bound texts that it reads beside those of its workload.
    pub(super) texts: Vec<&'a Text>,
}

impl<'a> Lowering<'a> {
    pub(super) fn user(&self, name: &Name) -> &'a User {
        self.topology.users.get(name).expect("checked: the user exists")
    }

    pub(super) fn reader(&self, path: String, name: &'a Name, workload: &Workload) -> Reader<'a> {
        let hostname = Compose(self.topology).host(name);
        Reader { path, name, hostname, owner: owner(self.user(&workload.user)) }
    }

    /// The container of `reader`.
    pub(super) fn container(
        &mut self,
        reader: &Reader<'a>,
        workload: &'a Workload,
        kind: Kind<'a>,
    ) -> spec::Service {
        let Workload {
            image,
            entrypoint,
            command,
            environment,
            user,
            supplementary_groups,
            hostname: _,
            host_aliases,
            mounts,
            depends_on,
            stop_grace_seconds,
            logging,
            resources,
            labels,
            discreet: _, // The form was chosen before.
        } = workload;
        let Kind { ports, healthcheck, restart, replicas, mut texts } = kind;
        texts.extend(self.read_by(workload));
        let path = &reader.path;
        let (uid, gid) = owner(self.user(user));
        let at = |field: &str| format!("{path}.{field}");
        let stop_grace = Value::seconds(*stop_grace_seconds);
        spec::Service {
            image: At::new(
                at("image"),
                Value::literal(ImageReference(self.image(image)).to_string()),
            ),
            pull_policy: pull_policy(at("image"), self.image(image)),
            hostname: At::new(at("hostname"), Value::literal(&reader.hostname)),
            user: At::new(at("user"), Value::literal(format!("{uid}:{gid}"))),
            group_add: groups(at("supplementary_groups"), supplementary_groups),
            entrypoint: self.texts(reader.name, &at("entrypoint"), entrypoint.as_ref()),
            command: self.texts(reader.name, &at("command"), command.as_ref()),
            environment: self.environment(reader, environment),
            ports,
            volumes: self.mounts(reader, mounts),
            depends_on: dependencies(path, depends_on),
            healthcheck,
            restart,
            stop_grace_period: At::new(at("stop_grace_seconds"), stop_grace),
            logging: logging.as_ref().map(|it| At::new(at("logging"), spelt_logging(it))),
            scale: replicas,
            deploy: deploy(at("resources"), resources.as_ref()),
            extra_hosts: self.extra_hosts(reader, host_aliases, &texts),
            networks: self.networks(reader),
            labels: self.labels(reader, labels, mounts),
        }
    }
    fn image(&self, name: &Name) -> &'a Image {
        self.topology.images.get(name).expect("checked: the image exists")
    }

    fn environment(
        &mut self,
        reader: &Reader<'_>,
        environment: &BTreeMap<String, Text>,
    ) -> BTreeMap<String, At<Option<Value>>> {
        let mut variable = |(name, text): (&String, &Text)| {
            let path = format!("{}.environment.{name}", reader.path);
            let value = self.variable(reader.name, &path, (name, text));
            (name.clone(), At::new(path, value))
        };
        environment.iter().map(&mut variable).collect()
    }
}

fn groups(path: String, groups: &[u32]) -> Option<At<Vec<Value>>> {
    if groups.is_empty() {
        return None;
    }
    let groups = groups.iter().map(|group| Value::literal(group.to_string()));
    Some(At::new(path, groups.collect()))
}

/// What no registry has is never pulled.
fn pull_policy(path: String, image: &Image) -> Option<At<Value>> {
    image.local.as_ref().map(|_| At::new(path, Value::literal("never")))
}

fn dependencies(
    path: &str,
    depends_on: &BTreeMap<Name, Condition>,
) -> BTreeMap<String, At<spec::Dependency>> {
    let dependencies = depends_on.iter().map(|(name, condition)| {
        let condition = match condition {
            Condition::Started => "service_started",
            Condition::Healthy => "service_healthy",
            Condition::Completed => "service_completed_successfully",
        };
        let path = format!("{path}.depends_on.{name}");
        (name.to_string(), At::new(path, spec::Dependency { condition }))
    });
    dependencies.collect()
}

fn spelt_logging(logging: &Logging) -> spec::Logging {
    let Logging { driver, options } = logging;
    let options = options.iter().map(|(name, value)| (name.clone(), Value::literal(value)));
    spec::Logging { driver: Value::literal(driver), options: options.collect() }
}

fn deploy(path: String, resources: Option<&Resources>) -> Option<spec::Deploy> {
    let resources = At::new(path, spec::Resources { limits: limits(resources?) });
    Some(spec::Deploy { resources })
}

fn limits(resources: &Resources) -> spec::Limits {
    let Resources { cpu_millis, memory_mebibytes } = resources;
    let cpus = cpu_millis.map(|millis| {
        let millis = millis.get();
        Value::literal(format!("{}.{:03}", millis / 1000, millis % 1000))
    });
    let memory = memory_mebibytes.map(|mebibytes| Value::literal(format!("{mebibytes}m")));
    spec::Limits { cpus, memory }
}
