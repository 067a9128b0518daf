//! The access key of the arguments and of the environment, in the three spellings of `aliyun/alicloud`.

use crate::environment::Environment;
use crate::key::{Credentials, Secret};

/// Access key id, secret and token in one spelling, in the order in which they are asked.
const SPELLINGS: [[&str; 3]; 3] = [
    ["ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"],
    [
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "ALIBABA_CLOUD_SECURITY_TOKEN",
    ],
    ["ALIBABACLOUD_ACCESS_KEY_ID", "ALIBABACLOUD_ACCESS_KEY_SECRET", "ALIBABACLOUD_SECURITY_TOKEN"],
];

/// What the arguments `access_key`, `secret_key` and `security_token` say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Arguments<'a> {
    pub(super) access_key: Option<&'a str>,
    pub(super) secret_key: Option<&'a Secret>,
    pub(super) security_token: Option<&'a Secret>,
}

/// An access key, and where it stands.
#[derive(Debug)]
pub(super) struct PlacedKey {
    pub(super) key: Credentials,
    /// The arguments or variables of id, secret and token; the token's is where it would stand, if there is none.
    pub(super) places: [String; 3],
}

/// The access key of arguments and environment. `Ok(None)`: neither names one. `Err`: it is only half there.
///
/// Each argument falls back to the environment by itself, but what belongs to another access key is not mixed in: a
/// secret or token in a spelling that names another access key id is passed over.
pub(super) fn key(
    arguments: Arguments<'_>,
    outside: &dyn Environment,
) -> Result<Option<PlacedKey>, String> {
    let variable = |name: &str| outside.variable(name);
    let in_argument =
        |value: Option<&str>, name: &str| value.map(|value| (value.to_owned(), name.to_owned()));
    let in_variable = |name: &str| Some((variable(name)?, name.to_owned()));
    let id = in_argument(arguments.access_key, "access_key")
        .or_else(|| SPELLINGS.iter().find_map(|spelling| in_variable(spelling[0])));
    let Some((id, id_place)) = id else {
        let given =
            [("secret_key", arguments.secret_key), ("security_token", arguments.security_token)];
        let argument = given.iter().find(|(_, half)| half.is_some());
        if let Some((half, _)) = argument {
            return Err(format!("{half} is set, but access_key is not: set it, or remove {half}"));
        }
        let variables = SPELLINGS
            .iter()
            .flat_map(|spelling| [(spelling[1], spelling[0]), (spelling[2], spelling[0])]);
        return match variables.into_iter().find(|(half, _)| variable(half).is_some()) {
            Some((half, id)) => Err(format!(
                "{half} is set, but neither {id} nor access_key is: set one, or unset {half}"
            )),
            None => Ok(None),
        };
    };
    let names_this = |spelling: &[&str; 3]| variable(spelling[0]).is_some_and(|named| named == id);
    let names_none = |spelling: &[&str; 3]| variable(spelling[0]).is_none();
    let own = |position: usize| {
        let first = SPELLINGS.iter().filter(|spelling| names_this(spelling));
        let second = SPELLINGS.iter().filter(|spelling| names_none(spelling));
        first.chain(second).find_map(|spelling| in_variable(spelling[position]))
    };
    let secret =
        in_argument(arguments.secret_key.map(Secret::reveal), "secret_key").or_else(|| own(1));
    let Some((secret, secret_place)) = secret else {
        let from = SPELLINGS.iter().find(|spelling| names_this(spelling));
        return Err(match from.filter(|_| arguments.access_key.is_none()) {
            Some([id, secret, _]) => {
                format!(
                    "{id} is set, but neither {secret} nor secret_key is: set one, or unset {id}"
                )
            }
            None => {
                "access_key is set, but its secret is not: set secret_key, or remove access_key"
                    .to_owned()
            }
        });
    };
    // A token in the environment belongs to the key of the environment.
    let token = in_argument(arguments.security_token.map(Secret::reveal), "security_token")
        .or_else(|| own(2));
    let (token, token_place) = token.unzip();
    let beside = SPELLINGS.iter().find(|spelling| spelling[0] == id_place);
    let token_place =
        token_place.unwrap_or_else(|| beside.map_or("security_token", |s| s[2]).to_owned());
    let key =
        Credentials { security_token: token.map(Secret::new), ..Credentials::of_user(id, secret) };
    Ok(Some(PlacedKey { key, places: [id_place, secret_place, token_place] }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::fake::Fake;

    /// `A=1 B=2` as environment; the arguments as `id secret token`, `-` for none.
    fn check(environment: &str, arguments: &str, expected: &str) {
        let outside = Fake::with_variables(environment);
        let words: Vec<Option<&str>> =
            arguments.split(' ').map(|word| (word != "-").then_some(word)).collect();
        let secrets: Vec<Option<Secret>> = words.iter().map(|word| word.map(Secret::new)).collect();
        let arguments = Arguments {
            access_key: words[0],
            secret_key: secrets[1].as_ref(),
            security_token: secrets[2].as_ref(),
        };
        let told = match key(arguments, &outside) {
            Ok(Some(PlacedKey { key, .. })) => {
                let token = key.security_token.as_ref().map_or("-", Secret::reveal);
                format!("{} {} {token}", key.access_key_id, key.access_key_secret.reveal())
            }
            Ok(None) => "none".to_owned(),
            Err(why) => format!("error: {why}"),
        };
        assert_eq!(told, expected, "{environment} | {words:?}");
    }

    #[test]
    fn all_three_spellings_serve_in_order() {
        check("", "- - -", "none");
        check(
            "ALICLOUD_ACCESS_KEY=a ALICLOUD_SECRET_KEY=b ALICLOUD_SECURITY_TOKEN=c",
            "- - -",
            "a b c",
        );
        check("ALIBABA_CLOUD_ACCESS_KEY_ID=a ALIBABA_CLOUD_ACCESS_KEY_SECRET=b", "- - -", "a b -");
        check("ALIBABACLOUD_ACCESS_KEY_ID=a ALIBABACLOUD_ACCESS_KEY_SECRET=b", "- - -", "a b -");
        let both = "ALIBABA_CLOUD_ACCESS_KEY_ID=x ALIBABA_CLOUD_ACCESS_KEY_SECRET=y ALICLOUD_ACCESS_KEY=a ALICLOUD_SECRET_KEY=b";
        check(both, "- - -", "a b -");
        check(both, "k s -", "k s -");
    }

    #[test]
    fn each_part_says_where_it_stands() {
        let check =
            |variables: &str, id: Option<&str>, secret: Option<&str>, expected: [&str; 3]| {
                let secret = secret.map(Secret::new);
                let arguments =
                    Arguments { access_key: id, secret_key: secret.as_ref(), security_token: None };
                let found = key(arguments, &Fake::with_variables(variables)).unwrap().unwrap();
                assert_eq!(found.places, expected);
            };
        let first = "ALICLOUD_ACCESS_KEY=a ALICLOUD_SECRET_KEY=b";
        let names = ["ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"];
        check(first, None, None, names);
        check(first, Some("k"), Some("s"), ["access_key", "secret_key", "security_token"]);
        check(first, Some("a"), None, ["access_key", "ALICLOUD_SECRET_KEY", "security_token"]);
        check(
            "ALIBABA_CLOUD_ACCESS_KEY_ID=a ALIBABA_CLOUD_ACCESS_KEY_SECRET=b ALIBABA_CLOUD_SECURITY_TOKEN=c",
            None,
            None,
            SPELLINGS[1],
        );
    }

    #[test]
    fn what_belongs_to_another_key_is_not_mixed_in() {
        let session = "ALIBABA_CLOUD_ACCESS_KEY_ID=x ALIBABA_CLOUD_ACCESS_KEY_SECRET=y ALIBABA_CLOUD_SECURITY_TOKEN=z";
        check(session, "k s -", "k s -");
        check(session, "x y -", "x y z");
        check(
            session,
            "k - -",
            "error: access_key is set, but its secret is not: set secret_key, or remove access_key",
        );
        check("ALIBABA_CLOUD_ACCESS_KEY_SECRET=y", "k - -", "k y -");
        check("ALICLOUD_SECURITY_TOKEN=z", "k s -", "k s z");
        let stray = "ALICLOUD_ACCESS_KEY=other ALIBABA_CLOUD_ACCESS_KEY_ID=x ALIBABA_CLOUD_ACCESS_KEY_SECRET=y";
        check(
            stray,
            "- - -",
            "error: ALICLOUD_ACCESS_KEY is set, but neither ALICLOUD_SECRET_KEY nor secret_key is: set one, or unset \
             ALICLOUD_ACCESS_KEY",
        );
        check(
            "",
            "- s -",
            "error: secret_key is set, but access_key is not: set it, or remove secret_key",
        );
        check(
            "",
            "- - t",
            "error: security_token is set, but access_key is not: set it, or remove security_token",
        );
        for half in ["ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"] {
            check(
                &format!("{half}=b"),
                "- - -",
                &format!(
                    "error: {half} is set, but neither ALICLOUD_ACCESS_KEY nor access_key is: set one, or unset {half}"
                ),
            );
        }
    }
}
