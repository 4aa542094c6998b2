//! Asking registries for many images at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use model::{Diagnostic, Name};
use nickel::Origins;

use crate::build::explained;
use crate::failure::Failure;
use crate::read::Loaded;
use crate::registry::trouble::Trouble;
use crate::report::Shown;

/// How many registries are asked at once.
const AT_ONCE: usize = 8;

/// What is known of each image afterwards.
pub type Answers<T> = BTreeMap<Name, Result<T, Trouble>>;

/// Does `ask` for every image, several at once, with a progress bar on a terminal.
///
/// # Panics
///
/// Where `ask` does.
pub fn all<T: Send, I: Sync>(
    images: &BTreeMap<Name, I>,
    ask: &(dyn Fn(&I) -> Result<T, Trouble> + Sync),
) -> Answers<T> {
    let queue: Vec<_> = images.iter().collect();
    let next = AtomicUsize::new(0);
    let answers = Mutex::new(BTreeMap::new());
    let bar = bar(queue.len());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(queue.len()) {
            scope.spawn(|| {
                while let Some((name, image)) = queue.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let answer = ask(image);
                    bar.inc(1);
                    bar.set_message(name.to_string());
                    answers.lock().expect("no worker panics").insert((*name).clone(), answer);
                }
            });
        }
    });
    bar.finish_and_clear();
    answers.into_inner().expect("no worker panics")
}

/// A bar on stderr, where that is a terminal.
fn bar(length: usize) -> ProgressBar {
    let bar = ProgressBar::new(length as u64);
    let style = ProgressStyle::with_template("images {bar:24} {pos}/{len} {msg}");
    bar.set_style(style.expect("the template is right"));
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}

/// The answers, if there is no trouble.
///
/// # Errors
///
/// Every trouble: what a registry as a whole fails with once, with the images that it keeps away.
/// It is the environment's failure if all of it is.
pub fn answered<T>(
    loaded: &Loaded<'_>,
    origins: &Origins,
    answers: Answers<T>,
) -> Result<BTreeMap<Name, T>, Failure> {
    let mut found = BTreeMap::new();
    let mut troubles = vec![];
    for (name, answer) in answers {
        match answer {
            Ok(answer) => drop(found.insert(name, answer)),
            Err(trouble) => troubles.push((name, trouble)),
        }
    }
    if troubles.is_empty() {
        return Ok(found);
    }
    let environment = troubles.iter().all(|(_, it)| it.is_environment());
    let reports = reports(loaded, origins, troubles);
    Err(if environment { Failure::Network(reports) } else { Failure::Input(reports) })
}

fn reports(loaded: &Loaded<'_>, origins: &Origins, troubles: Vec<(Name, Trouble)>) -> Vec<Shown> {
    let mut reports = vec![];
    let mut registries: BTreeMap<(String, String), BTreeSet<Name>> = BTreeMap::new();
    for (name, trouble) in troubles {
        let (message, help) = (trouble.message(), trouble.help());
        if trouble.is_of_registry() {
            registries.entry((message, help)).or_default().insert(name);
            continue;
        }
        let problem = Diagnostic::value(format!("images.{name}.repository"), message).hint(help);
        reports.extend(explained(loaded, vec![problem], origins));
    }
    for ((message, help), names) in registries {
        let names: Vec<_> = names.iter().map(Name::as_str).collect();
        let message = format!("{message} (images: {})", names.join(", "));
        reports.push(Shown::plain(message, Some(help)));
    }
    reports
}
