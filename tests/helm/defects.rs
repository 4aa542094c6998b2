//! The defects of the chart that CLP 0.9 has itself: none is in ours, and each is found when it is
//! put back into what ours renders to. `H1` and so on are their numbers in docs/parity.md.

use serde_json::{Value as Json, json};

use super::cases::{Case, case, credentials};
use super::rendering::{RELEASE, data, documents, kind, name, objects, pod, template, workloads};
use crate::{clp_gen, run, stderr};

/// What is wrong with a rendering.
type Faults = Vec<String>;

/// Nothing is wrong with `objects`, and something is once `put_back` has changed them.
fn shows(objects: &[Json], check: impl Fn(&[Json]) -> Faults, put_back: impl Fn(&mut Vec<Json>)) {
    assert_eq!(check(objects), Faults::new());
    let mut broken = objects.to_vec();
    put_back(&mut broken);
    assert!(broken != objects, "the defect is put back");
    assert!(!check(&broken).is_empty(), "the defect is found");
}

/// The object of a workload, to be changed.
fn workload<'a>(objects: &'a mut [Json], wanted: &str) -> &'a mut Json {
    let runs = |it: &&mut Json| {
        pod(it).is_object() && it["metadata"]["labels"]["app.kubernetes.io/component"] == wanted
    };
    objects.iter_mut().find(runs).unwrap()
}

/// The specification of the pods of a workload, to be changed.
fn pod_of<'a>(objects: &'a mut [Json], wanted: &str) -> &'a mut Json {
    &mut workload(objects, wanted)["spec"]["template"]["spec"]
}

/// The object of a kind, to be changed.
fn object<'a>(objects: &'a mut [Json], wanted: &str) -> &'a mut Json {
    objects.iter_mut().find(|it| kind(it) == wanted).unwrap()
}

/// A file of the `ConfigMap` or the `Secret`, as data.
fn file(objects: &[Json], key: &str) -> Json {
    let plain = data(objects, "ConfigMap");
    let secret = data(objects, "Secret");
    let text = plain.get(key).or_else(|| secret.get(&format!("file.{key}"))).unwrap();
    documents(text)[0].clone()
}

/// Changes a file of the `ConfigMap`.
fn change(objects: &mut [Json], key: &str, change: impl Fn(&mut Json)) {
    let mut changed = file(objects, key);
    change(&mut changed);
    object(objects, "ConfigMap")["data"][key] = json!(changed.to_string());
}

/// Every container, init containers too, with the name of its workload.
fn containers(objects: &[Json]) -> Vec<(String, Json)> {
    let each = workloads(objects).into_iter().flat_map(|(name, it)| {
        let of = |key: &str| pod(it)[key].as_array().cloned().unwrap_or_default();
        let all = [of("initContainers"), of("containers")].concat();
        all.into_iter().map(move |it| (name.clone(), it))
    });
    each.collect()
}

/// The mount of a workload at a path, with the volume behind it.
fn mounted(objects: &[Json], workload: &str, path: &str) -> Option<(Json, Json)> {
    let workloads = workloads(objects);
    let pod = pod(workloads[workload]);
    let mounts = pod["containers"][0]["volumeMounts"].as_array()?;
    let mount = mounts.iter().find(|it| it["mountPath"] == path)?;
    let claims = workloads[workload]["spec"]["volumeClaimTemplates"].as_array();
    let volumes = pod["volumes"].as_array().into_iter().flatten();
    let volume = volumes.into_iter().find(|it| it["name"] == mount["name"]).cloned();
    let template = || claims?.iter().find(|it| it["metadata"]["name"] == mount["name"]).cloned();
    Some((mount.clone(), volume.or_else(template)?))
}

fn fault(wrong: bool, message: impl Into<String>) -> Option<String> {
    wrong.then(|| message.into())
}

/// The claims of an object: itself, its templates, and those of its pods.
fn claims(object: &Json) -> Vec<&Json> {
    let templates = object["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten();
    let volumes = pod(object)["volumes"].as_array().into_iter().flatten();
    let ephemeral = volumes.map(|it| &it["ephemeral"]["volumeClaimTemplate"]);
    let ephemeral = ephemeral.filter(|it| it.is_object());
    let own = (kind(object) == "PersistentVolumeClaim").then_some(object);
    own.into_iter().chain(templates).chain(ephemeral).collect()
}

#[test]
fn h1_every_claim_has_the_storage_class_of_the_values() {
    let volumes =
        ["archives", "database_data", "logs", "redis_data", "results_cache_data", "streams", "tmp"];
    let arguments: Vec<String> = volumes
        .iter()
        .flat_map(|it| ["--set".to_owned(), format!("volumes.{it}.storageClassName=fast")])
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let check = |objects: &[Json]| {
        let claims = objects.iter().flat_map(claims);
        let other = claims.filter(|it| it["spec"]["storageClassName"] != "fast");
        other.map(|it| format!("{it}")).collect()
    };
    shows(&objects(case("full-default"), &arguments), check, |objects| {
        object(objects, "PersistentVolumeClaim")["spec"]["storageClassName"] =
            json!("local-storage");
    });
}

#[test]
fn h2_a_job_that_is_waited_for_does_not_vanish() {
    let check = |objects: &[Json]| {
        let jobs: Vec<&Json> = objects.iter().filter(|it| kind(it) == "Job").collect();
        let vanishing = jobs.iter().filter(|it| !it["spec"]["ttlSecondsAfterFinished"].is_null());
        let waits = containers(objects).into_iter().filter(|(_, it)| it["name"] == "wait");
        let paths = waits.flat_map(|(_, it)| it["command"].as_array().unwrap().clone());
        let named =
            paths.filter_map(|it| it.as_str()?.split_once("/jobs/").map(|(_, job)| job.to_owned()));
        let unknown = named.filter(|job| !jobs.iter().any(|it| name(it) == job));
        vanishing.map(|it| name(it).to_owned()).chain(unknown).collect()
    };
    shows(&objects(case("full-default"), &[]), check, |objects| {
        object(objects, "Job")["spec"]["ttlSecondsAfterFinished"] = json!(300);
    });
}

#[test]
fn h3_presto_spider_and_what_is_bundled_reach_the_configuration() {
    let check = |objects: &[Json]| {
        let config = file(objects, "container_config");
        let faults = [
            fault(config["presto"]["host"] != "presto-coordinator", "no Presto"),
            fault(config["compression_scheduler"]["type"] != "spider", "no Spider"),
            fault(
                config["spider_scheduler"]["host"] != "zq-clp-spider-scheduler",
                "no Spider's scheduler",
            ),
            fault(
                config["bundled"].as_array().is_none_or(|it| it.len() != 4),
                "nothing is bundled",
            ),
        ];
        faults.into_iter().flatten().collect()
    };
    shows(&objects(case("spider-base-default"), &[]), check, |objects| {
        change(objects, "container_config", |it| {
            it.as_object_mut().unwrap().retain(|key, _| key != "presto" && key != "bundled");
        });
    });
}

#[test]
fn h4_text_logs_without_what_only_structured_logs_have() {
    let config = json!({ "package": { "storage_engine": "clp", "query_engine": "clp" } });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("clp-config.yaml"), config.to_string()).unwrap();
    let mut build = clp_gen(folder.path(), &["build", "--target", "helm", "--out", "chart"]);
    build.args(["--config", "clp-config.yaml"]);
    let output = run(build);
    assert_eq!(output.status.code(), Some(1), "the log ingestor and the API server are on");
    assert!(stderr(&output).contains("log_ingestor"), "{}", stderr(&output));
    let mut config = config;
    config["api_server"] = Json::Null;
    config["log_ingestor"] = Json::Null;
    let check = |objects: &[Json]| {
        let config = file(objects, "container_config");
        let of = |key: &str| fault(!config[key].is_null(), format!("{key} is on"));
        ["api_server", "log_ingestor"].into_iter().filter_map(of).collect()
    };
    shows(&objects(&Case::new("text", &config), &[]), check, |objects| {
        change(objects, "container_config", |it| it["log_ingestor"] = json!({ "port": 3002 }));
    });
}

/// Logs of a directory, and AWS profiles.
fn places() -> Case {
    let place = json!({
        "region_code": null, "endpoint_url": "http://s3.example.org", "bucket": "b", "key_prefix": "k/",
        "aws_authentication": { "type": "profile", "profile": "p" },
    });
    let config = json!({
        "aws_config_directory": "/home/clp/.aws",
        "logs_input": { "directory": "/data/logs" },
        "archive_output": { "storage": { "type": "s3", "s3_config": place } },
    });
    Case::new("places", &config)
}

#[test]
fn h5_the_configuration_of_aws_is_where_programs_look_for_it() {
    let check = |objects: &[Json]| {
        let path = &file(objects, "container_config")["aws_config_directory"];
        let reader = mounted(objects, "compression-worker", "/opt/clp/.aws");
        let faults = [
            fault(path != "/opt/clp/.aws", "another path in the configuration"),
            fault(
                reader.is_none_or(|(_, volume)| volume["hostPath"]["path"] != "/home/clp/.aws"),
                "not mounted",
            ),
        ];
        faults.into_iter().flatten().collect()
    };
    shows(&objects(&places(), &[]), check, |objects| {
        let pod = pod_of(objects, "compression-worker");
        let mounts = pod["containers"][0]["volumeMounts"].as_array_mut().unwrap();
        let mount = mounts.iter_mut().find(|it| it["mountPath"] == "/opt/clp/.aws").unwrap();
        mount["mountPath"] = json!("/home/clp/.aws");
    });
}

#[test]
fn h6_input_logs_have_one_path_everywhere() {
    let check = |objects: &[Json]| {
        let path = file(objects, "container_config")["logs_input"]["directory"].clone();
        let readers = ["compression-scheduler", "compression-worker", "webui"];
        let missing =
            readers.iter().filter(|it| mounted(objects, it, path.as_str().unwrap()).is_none());
        let missing = missing.map(|it| format!("{it} has no {path}"));
        missing.chain(fault(path != "/mnt/logs/data/logs", "another path than Compose's")).collect()
    };
    shows(&objects(&places(), &[]), check, |objects| {
        change(objects, "container_config", |it| {
            it["logs_input"]["directory"] = json!("/mnt/logs")
        });
    });
}

#[test]
fn h7_structured_logs_have_no_table_names() {
    let check = |objects: &[Json]| {
        let settings = file(objects, "webui_client_settings");
        let tables = ["SqlDbClpArchivesTableName", "SqlDbClpFilesTableName"];
        tables.into_iter().filter_map(|it| fault(settings[it] != "", it)).collect()
    };
    shows(&objects(case("full-default"), &[]), check, |objects| {
        change(objects, "webui_client_settings", |it| {
            it["SqlDbClpFilesTableName"] = json!("clp_files")
        });
    });
}

#[test]
fn h8_no_region_is_no_text() {
    let check = |objects: &[Json]| {
        let config = file(objects, "container_config");
        let region = &config["archive_output"]["storage"]["s3_config"]["region_code"];
        fault(!region.is_null(), format!("{region}")).into_iter().collect()
    };
    shows(&objects(&places(), &[]), check, |objects| {
        change(objects, "container_config", |it| {
            it["archive_output"]["storage"]["s3_config"]["region_code"] = json!("null");
        });
    });
}

#[test]
fn h9_the_garbage_collector_keeps_its_recovery_file() {
    let check = |objects: &[Json]| {
        let found = mounted(objects, "garbage-collector", "/var/log");
        let kept = found.is_some_and(|(mount, volume)| {
            mount["readOnly"] != true && volume["persistentVolumeClaim"].is_object()
        });
        fault(!kept, "/var/log is lost").into_iter().collect()
    };
    shows(&objects(case("full-default"), &[]), check, |objects| {
        let volumes = pod_of(objects, "garbage-collector")["volumes"].as_array_mut().unwrap();
        let logs =
            volumes.iter_mut().find(|it| it["name"] == "claim-logs-garbage-collector").unwrap();
        *logs = json!({ "name": "claim-logs-garbage-collector", "emptyDir": {} });
    });
}

#[test]
fn h10_the_size_of_a_claim_is_that_of_the_values_and_of_nothing_else() {
    let sized = |it: &&Json| name(it) == "zq-clp-redis-data";
    let check = |objects: &[Json]| {
        let sizes =
            objects.iter().filter(sized).map(|it| &it["spec"]["resources"]["requests"]["storage"]);
        let other = sizes.filter(|it| *it != "7Gi").map(ToString::to_string);
        let volumes = objects.iter().filter(|it| kind(it) == "PersistentVolume");
        other.chain(volumes.map(|it| name(it).to_owned())).collect()
    };
    let arguments = ["--set", "volumes.redis_data.size=7Gi"];
    shows(&objects(case("full-default"), &arguments), check, |objects| {
        let volume = json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": { "name": "redis-data" },
            "spec": { "capacity": { "storage": "20Gi" } },
        });
        objects.push(volume);
    });
}

#[test]
fn h11_every_pod_is_scheduled_as_the_values_say() {
    let toleration =
        json!([{ "key": "node-role.kubernetes.io/control-plane", "operator": "Exists" }]);
    let value = format!("scheduling.tolerations={toleration}");
    let check = |objects: &[Json]| {
        let workloads = workloads(objects).into_iter();
        workloads
            .filter(|(_, it)| pod(it)["tolerations"] != toleration)
            .map(|(name, _)| name)
            .collect()
    };
    shows(&objects(case("full-default"), &["--set-json", &value]), check, |objects| {
        pod_of(objects, "database")["tolerations"] = json!([]);
    });
}

#[test]
fn h12_there_is_one_reducer() {
    let check = |objects: &[Json]| {
        let replicas = &workloads(objects)["reducer"]["spec"]["replicas"];
        fault(replicas != 1, format!("{replicas} share one name")).into_iter().collect()
    };
    shows(&objects(case("full-default"), &[]), check, |objects| {
        workload(objects, "reducer")["spec"]["replicas"] = json!(2);
    });
    let output =
        template("helm-3", case("full-default"), &["--set", "workloads.reducer.replicas=2"]);
    assert!(!output.status.success(), "Helm refuses a second one");
}

#[test]
fn h13_what_is_only_read_is_mounted_read_only() {
    let check = |objects: &[Json]| {
        let wanted = [
            ("query-worker", "/var/data/archives"),
            ("webui", "/var/data/streams"),
            ("webui", "/mnt/logs"),
            ("compression-worker", "/mnt/logs"),
        ];
        let writable = |(workload, path): &(&str, &str)| {
            mounted(objects, workload, path).is_none_or(|(mount, _)| mount["readOnly"] != true)
        };
        wanted.iter().filter(|it| writable(it)).map(|it| format!("{it:?}")).collect()
    };
    shows(&objects(case("full-default"), &[]), check, |objects| {
        let mounts = pod_of(objects, "query-worker")["containers"][0]["volumeMounts"]
            .as_array_mut()
            .unwrap();
        let archives =
            mounts.iter_mut().find(|it| it["mountPath"] == "/var/data/archives").unwrap();
        archives["readOnly"] = json!(false);
    });
}

#[test]
fn h14_secrets_stand_in_secrets_only() {
    let credentials = credentials();
    let words =
        ["database", "queue", "redis"].map(|it| credentials[it]["password"].as_str().unwrap());
    let words = words.into_iter().chain(["k/e+y= \""]).map(ToOwned::to_owned);
    let mut words: Vec<String> = words.collect();
    words.extend(["q%23u%40e%2Fu%25%3Ae".to_owned(), "s%26p%3Di%3Fd%2Be%20r%2520".to_owned()]);
    let check = |objects: &[Json]| {
        let open = objects.iter().filter(|it| kind(it) != "Secret");
        let texts = open.map(|it| (name(it).to_owned(), strings(it)));
        let leaks = texts
            .filter(|(_, texts)| texts.iter().any(|it| words.iter().any(|word| it.contains(word))));
        leaks.map(|(name, _)| name).collect()
    };
    assert_eq!(check(&objects(case("spider-full-default"), &[])), Faults::new());
    shows(&objects(case("full-s3"), &[]), check, |objects| {
        let url = data(objects, "Secret")["compression-scheduler.environment.BROKER_URL"].clone();
        let container = &mut pod_of(objects, "compression-scheduler")["containers"][0];
        container["env"] = json!([{ "name": "BROKER_URL", "value": url }]);
    });
}

/// Every text in an object.
fn strings(value: &Json) -> Vec<String> {
    match value {
        Json::String(text) => vec![text.clone()],
        Json::Array(items) => items.iter().flat_map(strings).collect(),
        Json::Object(fields) => fields.values().flat_map(strings).collect(),
        _ => vec![],
    }
}

#[test]
fn h15_no_image_but_those_of_the_topology() {
    let known = ["clp-package:", "mariadb:", "rabbitmq:", "redis:", "mongo:"];
    let check = |objects: &[Json]| {
        let each = containers(objects).into_iter();
        let faults = each.flat_map(|(workload, it)| {
            let image = it["image"].as_str().unwrap().to_owned();
            let words = it["command"].as_array().into_iter().flatten().filter_map(Json::as_str);
            let listed = words.filter(|it| it.contains("labelSelector"));
            let other = listed.filter(|it| !it.contains(&format!("instance%3D{RELEASE}"))).count();
            let strange = !known.iter().any(|it| image.contains(it)) || image.ends_with(":latest");
            [
                fault(strange, format!("{workload}: {image}")),
                fault(other > 0, "another release's pods"),
            ]
        });
        faults.flatten().collect()
    };
    shows(&objects(case("full-default"), &[]), check, |objects| {
        let pod = pod_of(objects, "query-scheduler");
        pod["initContainers"][0]["image"] = json!("bitnami/kubectl:latest");
    });
}

#[test]
fn h16_probes_have_their_secrets_from_variables_that_are_expanded() {
    let check = |objects: &[Json]| {
        let mut faults = Faults::new();
        for (workload, container) in containers(objects) {
            let variables = container["env"].as_array().cloned().unwrap_or_default();
            for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
                let words =
                    container[probe]["exec"]["command"].as_array().cloned().unwrap_or_default();
                let text = words.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(" ");
                faults.extend(fault(text.contains("$("), format!("{workload}: {text}")));
                for name in text.split("\"$").skip(1).filter_map(|it| it.split('"').next()) {
                    let known = variables.iter().any(|it| it["name"] == name);
                    faults.extend(fault(!known, format!("{workload}: no {name}")));
                }
            }
            let exec = &container["readinessProbe"]["exec"]["command"];
            let shell = exec[0] == "sh" && exec[1] == "-c";
            let secret = ["database", "redis"].contains(&workload.as_str());
            faults.extend(fault(
                secret && container["name"] == *workload && !shell,
                "no shell expands",
            ));
        }
        faults
    };
    shows(&objects(case("full-default"), &[]), check, |objects| {
        let probe =
            json!(["mysqladmin", "ping", "--user=$(MYSQL_USER)", "--password=$(MYSQL_PASSWORD)"]);
        pod_of(objects, "database")["containers"][0]["readinessProbe"]["exec"]["command"] = probe;
    });
}

#[test]
fn h17_two_releases_share_nothing() {
    let check = |objects: &[Json]| {
        let of_the_cluster =
            ["StorageClass", "PersistentVolume", "ClusterRole", "ClusterRoleBinding", "Namespace"];
        let shared = |it: &&Json| {
            of_the_cluster.contains(&kind(it)) || !name(it).starts_with(&format!("{RELEASE}-clp-"))
        };
        objects.iter().filter(shared).map(|it| name(it).to_owned()).collect()
    };
    shows(&objects(case("full-default"), &[]), check, |objects| {
        let class = json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": { "name": "local-storage" },
        });
        objects.push(class);
    });
}

#[test]
fn h18_workers_wait_for_what_they_work_with() {
    let check = |objects: &[Json]| {
        let workloads = workloads(objects);
        let mut faults = Faults::new();
        for worker in ["compression-worker", "query-worker"] {
            let pod = pod(workloads[worker]);
            let wait = pod["initContainers"][0]["command"].to_string();
            for service in ["queue", "redis"] {
                let path = format!("/deployments/{RELEASE}-clp-{service}");
                faults.extend(fault(
                    !wait.contains(&path),
                    format!("{worker} does not wait for {service}"),
                ));
            }
            faults.extend(fault(
                pod["serviceAccountName"].is_null(),
                format!("{worker} may not ask"),
            ));
        }
        faults
    };
    shows(&objects(case("full-default"), &[]), check, |objects| {
        let pod = pod_of(objects, "query-worker").as_object_mut().unwrap();
        pod.retain(|key, _| key != "initContainers" && key != "serviceAccountName");
    });
}

#[test]
fn h19_what_is_on_its_way_has_a_place() {
    let check = |objects: &[Json]| {
        let storage = &file(objects, "container_config")["archive_output"]["storage"];
        let path = storage["staging_directory"].as_str().unwrap_or_default();
        let place = mounted(objects, "compression-worker", path);
        fault(path.is_empty() || place.is_none(), format!("nothing at `{path}`"))
            .into_iter()
            .collect()
    };
    shows(&objects(&places(), &[]), check, |objects| {
        change(objects, "container_config", |it| {
            it["archive_output"]["storage"]["staging_directory"] = json!("");
        });
    });
}
