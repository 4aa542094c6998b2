//! What fuzzing found, or may start from, ends in a value or a report: no panic, no hang.

use crate::{files, root};

#[test]
fn the_kept_corpus_is_survived() {
    let survives = |name: &str, run: fn(&[u8])| {
        let corpus = files(&root().join("fuzz/corpus").join(name));
        assert!(corpus.len() >= 3, "{name} has a corpus");
        corpus.values().for_each(|bytes| run(bytes));
    };
    survives("reader", clp_gen::corpus::read);
    survives("decoder", clp_gen::corpus::decode);
}
