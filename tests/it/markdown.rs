//! Every Markdown file of the repository: links lead somewhere, code is formatted, words are known. Offline.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::support::cli::Terraform;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file: its path below the root, and its text.
struct File {
    path: PathBuf,
    text: String,
}

/// All Markdown files, without what is built or fetched.
fn files() -> Vec<File> {
    let mut folders = vec![root().to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                // Whoever builds into the tree may have named the folder otherwise.
                let built =
                    path.join("CACHEDIR.TAG").exists() || path.join(".rustc_info.json").exists();
                if !built && !["target", "cache", "corpus", ".git", ".terraform"].contains(&&*name)
                {
                    folders.push(path);
                }
            } else if name.ends_with(".md") {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push(File { path: path.strip_prefix(root()).unwrap().to_owned(), text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 25);
    files
}

/// A block of code: its language, and its lines without the indentation of the block.
pub struct Block {
    pub language: String,
    pub code: String,
}

/// A text without its blocks of code, line for line, and the blocks.
pub fn taken_apart(text: &str) -> (String, Vec<Block>) {
    let (mut prose, mut blocks) = (String::new(), Vec::<Block>::new());
    let mut fence: Option<usize> = None;
    for line in text.lines() {
        let indentation = line.len() - line.trim_start().len();
        match fence {
            None => match line.trim_start().strip_prefix("```") {
                Some(language) => {
                    fence = Some(indentation);
                    blocks
                        .push(Block { language: language.trim().to_owned(), code: String::new() });
                }
                None => prose.push_str(line),
            },
            Some(_) if line.trim() == "```" => fence = None,
            Some(indentation) => {
                let line = line.get(indentation.min(line.len())..).unwrap_or_default();
                let code = &mut blocks.last_mut().unwrap().code;
                code.push_str(line);
                code.push('\n');
            }
        }
        prose.push('\n');
    }
    assert!(fence.is_none(), "a block of code has no end:\n{text}");
    (prose, blocks)
}

/// A text without inline code, whose backticks stay.
fn without_inline_code(prose: &str) -> String {
    let inside =
        |(at, part): (usize, &str)| if at % 2 == 0 { part.to_owned() } else { String::new() };
    // Code ends with its paragraph at the latest.
    let paragraph =
        |text: &str| text.split('`').enumerate().map(inside).collect::<Vec<_>>().join("`");
    prose.split("\n\n").map(paragraph).collect::<Vec<_>>().join("\n\n")
}

/// The targets of the links of a text.
fn links(prose: &str) -> Vec<String> {
    let text = without_inline_code(prose);
    let targets = text.split("](").skip(1).filter_map(|part| part.split(')').next());
    targets.map(str::to_owned).collect()
}

/// The anchors of a file: its headings, as the forges and the registry name them, and those that are written out.
fn anchors(text: &str) -> BTreeSet<String> {
    let (prose, _) = taken_apart(text);
    let mut seen = BTreeMap::<String, usize>::new();
    let mut anchors = BTreeSet::new();
    for line in prose.lines() {
        if let Some(id) = line.split("<a id=\"").nth(1) {
            anchors.insert(id.split('"').next().unwrap().to_owned());
        }
        let hashes = line.bytes().take_while(|byte| *byte == b'#').count();
        let Some(heading) = line.get(hashes..).and_then(|rest| rest.strip_prefix(' ')) else {
            continue;
        };
        if hashes == 0 {
            continue;
        }
        let letters = heading.trim().chars().filter_map(|letter| match letter {
            ' ' => Some('-'),
            '-' | '_' => Some(letter),
            _ if letter.is_alphanumeric() => Some(letter),
            _ => None,
        });
        let slug = letters.collect::<String>().to_lowercase();
        let count = seen.entry(slug.clone()).or_default();
        anchors.insert(if *count == 0 { slug } else { format!("{slug}-{count}") });
        *count += 1;
    }
    anchors
}

/// What is wrong with a link of a file, as a sentence.
fn trouble(from: &Path, target: &str) -> Option<String> {
    if target.contains("://") {
        return (!target.starts_with("https://")).then(|| "is not https".to_owned());
    }
    let (file, anchor) =
        target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let path = if file.is_empty() {
        root().join(from)
    } else {
        root().join(from.parent().unwrap()).join(file)
    };
    // A folder of sources, where its list of files is what is meant.
    if file.ends_with('/') && path.is_dir() && !from.starts_with("docs") {
        return None;
    }
    if file.starts_with('/') || !path.is_file() {
        return Some("leads to no file".to_owned());
    }
    let markdown = path.extension().is_some_and(|extension| extension == "md");
    // A picture: who cannot see it, the registry's readers among them, has its text.
    let picture = path.extension().is_some_and(|extension| extension == "svg");
    if from.starts_with("docs") && !markdown && !picture {
        return Some(
            "leads from a page to what is no page: the registry shows pages only".to_owned(),
        );
    }
    let anchor = anchor?;
    let text = std::fs::read_to_string(&path).unwrap();
    (!anchors(&text).contains(anchor)).then(|| "has an anchor that is not there".to_owned())
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in files() {
        let (prose, _) = taken_apart(&file.text);
        for target in links(&prose) {
            count += 1;
            let found = trouble(&file.path, &target);
            wrong.extend(found.map(|what| format!("{}: {target} {what}", file.path.display())));
        }
    }
    assert!(count > 100);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn links_and_anchors_are_read_as_they_are_written() {
    let text = "# A `b`, c-d\n## Same\n## Same\n## 中文 标题\n<a id=\"x--y\"></a>\n```sh\n# no heading [a](no)\n```\n[l](to.md#x) `[c](code)` [m](other.md)\n";
    let expected = ["a-b-c-d", "same", "same-1", "x--y", "中文-标题"].map(str::to_owned);
    assert_eq!(anchors(text), BTreeSet::from(expected));
    let (prose, blocks) = taken_apart(text);
    assert_eq!(links(&prose), ["to.md#x", "other.md"]);
    assert_eq!(
        (blocks[0].language.as_str(), blocks[0].code.as_str()),
        ("sh", "# no heading [a](no)\n")
    );
    let indented = taken_apart("1. a\n\n   ```hcl\n   x = 1\n   ```\n").1;
    assert_eq!(indented[0].code, "x = 1\n");
    let readme = Path::new("README.md");
    assert_eq!(trouble(readme, "docs/index.md#schema"), None);
    for (target, what) in [
        ("http://example.com", "is not https"),
        ("docs", "leads to no file"),
        ("docs/nothing.md", "leads to no file"),
        ("/README.md", "leads to no file"),
        ("docs/index.md#nothing", "has an anchor that is not there"),
    ] {
        assert_eq!(trouble(readme, target).as_deref(), Some(what), "{target}");
    }
    let page = Path::new("docs/index.md");
    assert!(trouble(page, "../Cargo.toml").unwrap().contains("no page"));
}

#[test]
fn every_block_of_code_is_formatted_and_says_its_language() {
    let terraform = Terraform::towards("http://127.0.0.1:1");
    let mut origins = Vec::new();
    for file in files() {
        for block in taken_apart(&file.text).1 {
            let place = file.path.display();
            assert!(
                !block.language.is_empty(),
                "{place}: a block without a language:\n{}",
                block.code
            );
            match block.language.as_str() {
                // `hcl` is the configuration of the CLI, which `fmt` does not know.
                "terraform" => {
                    if let Some(terraform) = &terraform {
                        let name = format!("{}.tf", origins.len());
                        std::fs::write(terraform.path().join(&name), &block.code).unwrap();
                        origins.push(format!("{name} is of {place}"));
                    }
                }
                "json" => {
                    let parsed = serde_json::from_str::<serde_json::Value>(&block.code);
                    assert!(parsed.is_ok(), "{place}: {parsed:?}\n{}", block.code);
                }
                _ => {}
            }
        }
    }
    let Some(terraform) = terraform else { return };
    assert!(origins.len() > 20);
    let told = terraform.run(&["fmt", "-check", "-diff", "-no-color"]);
    assert_eq!(told.code, 0, "{}\n{}", told.text, origins.join("\n"));
}

/// The words of a text, in lower case: what is no code, no link's target and no name.
fn words(text: &str) -> BTreeSet<String> {
    let (prose, _) = taken_apart(text);
    let prose = without_inline_code(&prose);
    // Targets of links, addresses, comments and tags.
    let mut kept = String::new();
    for (at, part) in prose.split("](").enumerate() {
        kept.push_str(if at == 0 {
            part
        } else {
            part.split_once(')').map_or("", |(_, rest)| rest)
        });
        kept.push(' ');
    }
    let tokens = kept
        .split_whitespace()
        .filter(|token| !token.contains("://") && !token.starts_with(['<', '$', '%', '~']));
    let is_word = |word: &&str| {
        word.len() > 2
            && word.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && word.bytes().skip(1).all(|byte| byte.is_ascii_lowercase() || byte == b'\'')
    };
    tokens
        // A path or a name is no word.
        .filter(|token| {
            !token
                .trim_end_matches(['.', ',', ':', ';', ')'])
                .contains(['/', '_', '.', '=', '@', '\\', '&'])
        })
        .flat_map(|token| {
            token.split(|letter: char| {
                !letter.is_ascii_alphanumeric() && letter != '\'' && letter != '’'
            })
        })
        .map(|word| word.trim_matches('\'').trim_end_matches("'s"))
        .filter(is_word)
        .map(str::to_lowercase)
        .collect()
}

/// The words that documents may use. A new one is written into the list, and then the test fails: whoever lands it has read
/// it in the list, where a slip of the pen stands out.
#[test]
fn every_word_is_in_the_list() {
    let path = root().join("tests/data/words.txt");
    let list = std::fs::read_to_string(&path).unwrap();
    let mut known: BTreeSet<String> = list.lines().map(str::to_owned).collect();
    let used: BTreeSet<String> = files().iter().flat_map(|file| words(&file.text)).collect();
    assert!(used.len() > 900);
    let new: Vec<String> = used.difference(&known).cloned().collect();
    if !new.is_empty() {
        known.extend(new.iter().cloned());
        let list: String = known.iter().map(|word| format!("{word}\n")).collect();
        std::fs::write(&path, list).unwrap();
        panic!(
            "new words: {new:?}. Correct the wrong ones, in {} too, and commit the others",
            path.display()
        );
    }
}

#[test]
fn words_are_told_from_names_and_code() {
    let text = "Don't call `teh` UpdateAiCallTask or call_task: https://a.b/teh [the page's](teh.md) are-well.\n```sh\nteh\n```\n";
    let expected = ["are", "call", "don't", "page", "the", "well"].map(str::to_owned);
    assert_eq!(words(text), BTreeSet::from(expected));
}
