//! Replays a corpus: what every crate with fuzzers does in its tests.

use std::path::Path;

/// Calls the function with each file of the corpus.
pub(crate) fn replay(target: &str, call: fn(&[u8])) {
    let roots = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let corpus =
        roots.map(|root| root.join("fuzz/corpus").join(target)).find(|corpus| corpus.is_dir());
    let corpus = corpus.unwrap();
    let mut count = 0;
    for file in std::fs::read_dir(&corpus).unwrap() {
        call(&std::fs::read(file.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 0, "no corpus in {}", corpus.display());
}
