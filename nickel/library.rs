//! The Nickel files inside the program: the contracts, and the packages that it brings along.

/// What packages import: path below the library, text.
pub(crate) const LIBRARY: &[(&str, &str)] = &[
    ("clp-gen/host.ncl", include_str!("library/clp-gen/host.ncl")),
    ("clp-gen/inputs.ncl", include_str!("library/clp-gen/inputs.ncl")),
    ("clp-gen/text.ncl", include_str!("library/clp-gen/text.ncl")),
    ("clp-gen/topology.ncl", include_str!("library/clp-gen/topology.ncl")),
];

/// One package that the program brings along.
pub(crate) struct Embedded {
    /// The name by which it is chosen.
    pub(crate) name: &'static str,
    /// Path below the package's folder, text.
    pub(crate) files: &'static [(&'static str, &'static str)],
}

/// Every package that the program brings along.
pub(crate) const PACKAGES: &[Embedded] = &[Embedded {
    name: "clp",
    files: &[
        ("assertions.ncl", include_str!("packages/clp/assertions.ncl")),
        ("contracts/aws.ncl", include_str!("packages/clp/contracts/aws.ncl")),
        ("contracts/backing.ncl", include_str!("packages/clp/contracts/backing.ncl")),
        ("contracts/compression.ncl", include_str!("packages/clp/contracts/compression.ncl")),
        ("contracts/credentials.ncl", include_str!("packages/clp/contracts/credentials.ncl")),
        ("contracts/elsewhere.ncl", include_str!("packages/clp/contracts/elsewhere.ncl")),
        ("contracts/lax.ncl", include_str!("packages/clp/contracts/lax.ncl")),
        ("contracts/levels.ncl", include_str!("packages/clp/contracts/levels.ncl")),
        ("contracts/querying.ncl", include_str!("packages/clp/contracts/querying.ncl")),
        ("contracts/storage.ncl", include_str!("packages/clp/contracts/storage.ncl")),
        ("deployment_type.ncl", include_str!("packages/clp/deployment_type.ncl")),
        ("environment.ncl", include_str!("packages/clp/environment.ncl")),
        ("files/container-config.ncl", include_str!("packages/clp/files/container-config.ncl")),
        ("files/database-logging.ncl", include_str!("packages/clp/files/database-logging.ncl")),
        ("files/instance-id.ncl", include_str!("packages/clp/files/instance-id.ncl")),
        ("files/redis-settings.ncl", include_str!("packages/clp/files/redis-settings.ncl")),
        (
            "files/results-cache-settings.ncl",
            include_str!("packages/clp/files/results-cache-settings.ncl"),
        ),
        (
            "files/webui-client-settings.ncl",
            include_str!("packages/clp/files/webui-client-settings.ncl"),
        ),
        (
            "files/webui-server-settings.ncl",
            include_str!("packages/clp/files/webui-server-settings.ncl"),
        ),
        ("groups.ncl", include_str!("packages/clp/groups.ncl")),
        ("health.ncl", include_str!("packages/clp/health.ncl")),
        ("images.ncl", include_str!("packages/clp/images.ncl")),
        ("inputs.ncl", include_str!("packages/clp/inputs.ncl")),
        ("main.ncl", include_str!("packages/clp/main.ncl")),
        ("mounts.ncl", include_str!("packages/clp/mounts.ncl")),
        ("paths.ncl", include_str!("packages/clp/paths.ncl")),
        ("plan.ncl", include_str!("packages/clp/plan.ncl")),
        ("ports.ncl", include_str!("packages/clp/ports.ncl")),
        ("restart_policy.ncl", include_str!("packages/clp/restart_policy.ncl")),
        ("rules/aws.ncl", include_str!("packages/clp/rules/aws.ncl")),
        ("rules/directories.ncl", include_str!("packages/clp/rules/directories.ncl")),
        ("rules/engines.ncl", include_str!("packages/clp/rules/engines.ncl")),
        ("rules/hosts.ncl", include_str!("packages/clp/rules/hosts.ncl")),
        ("rules/idle.ncl", include_str!("packages/clp/rules/idle.ncl")),
        ("rules/image.ncl", include_str!("packages/clp/rules/image.ncl")),
        ("rules/input_logs.ncl", include_str!("packages/clp/rules/input_logs.ncl")),
        ("secrets.ncl", include_str!("packages/clp/secrets.ncl")),
        ("services/api-server.ncl", include_str!("packages/clp/services/api-server.ncl")),
        (
            "services/compression-scheduler.ncl",
            include_str!("packages/clp/services/compression-scheduler.ncl"),
        ),
        (
            "services/compression-worker.ncl",
            include_str!("packages/clp/services/compression-worker.ncl"),
        ),
        ("services/database.ncl", include_str!("packages/clp/services/database.ncl")),
        (
            "services/db-table-creator.ncl",
            include_str!("packages/clp/services/db-table-creator.ncl"),
        ),
        (
            "services/garbage-collector.ncl",
            include_str!("packages/clp/services/garbage-collector.ncl"),
        ),
        ("services/log-ingestor.ncl", include_str!("packages/clp/services/log-ingestor.ncl")),
        ("services/mcp-server.ncl", include_str!("packages/clp/services/mcp-server.ncl")),
        (
            "services/presto-coordinator.ncl",
            include_str!("packages/clp/services/presto-coordinator.ncl"),
        ),
        ("services/query-scheduler.ncl", include_str!("packages/clp/services/query-scheduler.ncl")),
        ("services/query-worker.ncl", include_str!("packages/clp/services/query-worker.ncl")),
        ("services/queue.ncl", include_str!("packages/clp/services/queue.ncl")),
        ("services/redis.ncl", include_str!("packages/clp/services/redis.ncl")),
        ("services/reducer.ncl", include_str!("packages/clp/services/reducer.ncl")),
        (
            "services/results-cache-indices-creator.ncl",
            include_str!("packages/clp/services/results-cache-indices-creator.ncl"),
        ),
        ("services/results-cache.ncl", include_str!("packages/clp/services/results-cache.ncl")),
        (
            "services/spider-scheduler.ncl",
            include_str!("packages/clp/services/spider-scheduler.ncl"),
        ),
        ("services/webui.ncl", include_str!("packages/clp/services/webui.ncl")),
        ("spider_storage.ncl", include_str!("packages/clp/spider_storage.ncl")),
        ("tables.ncl", include_str!("packages/clp/tables.ncl")),
        ("volumes.ncl", include_str!("packages/clp/volumes.ncl")),
        ("when.ncl", include_str!("packages/clp/when.ncl")),
        ("workload.ncl", include_str!("packages/clp/workload.ncl")),
    ],
}];
