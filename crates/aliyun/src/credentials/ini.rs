//! `~/.alibabacloud/credentials.ini`, the older file of the official SDKs: a section and its type become an origin.

use std::collections::BTreeMap;

use super::origin::Origin;
use super::profile::Sts;
use super::sts::{self, Role, Token};
use crate::key::Credentials;
use crate::text::word;

/// What the file says of the section. An error is the end of a sentence.
pub(super) fn resolve(file: &str, name: &str, sts: &Sts) -> Result<Origin, String> {
    let section = section(file, name).ok_or_else(|| format!("has no section [{name}]"))?;
    let need = |field: &str| {
        section.get(field).cloned().ok_or_else(|| format!("has no {field} in section [{name}]"))
    };
    let key = || {
        Ok::<_, String>(Origin::Key(Credentials::of_user(
            need("access_key_id")?,
            need("access_key_secret")?,
        )))
    };
    let role = || role(&section, need("role_arn")?, sts);
    match need("type")?.as_str() {
        "access_key" => key(),
        "ram_role_arn" => Ok(Origin::Role { base: Box::new(key()?), role: role()? }),
        "oidc_role_arn" => Ok(Origin::Oidc {
            provider_arn: need("oidc_provider_arn")?,
            token: Token::File(need("oidc_token_file_path")?),
            role: role()?,
        }),
        "ecs_ram_role" => Ok(Origin::Metadata(section.get("role_name").cloned())),
        other => {
            Err(format!("has the type {} in section [{name}], which is not supported", word(other)))
        }
    }
}

/// The fields of a section: `name = value`, from `#` on a comment.
fn section(file: &str, wanted: &str) -> Option<BTreeMap<String, String>> {
    let mut found = None;
    let mut inside = false;
    for line in file.lines().map(str::trim) {
        if line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            inside = name.trim() == wanted;
            if inside {
                found.get_or_insert_with(BTreeMap::new);
            }
        } else if let (true, Some((name, value))) = (inside, line.split_once(['=', ':'])) {
            let value = value.split('#').next().unwrap_or_default().trim();
            if !value.is_empty() {
                found
                    .get_or_insert_with(BTreeMap::new)
                    .insert(name.trim().to_ascii_lowercase(), value.to_owned());
            }
        }
    }
    found
}

fn role(section: &BTreeMap<String, String>, arn: String, sts: &Sts) -> Result<Role, String> {
    let region = sts.own_region.as_ref().or(sts.region.as_ref());
    let endpoint = sts::endpoint(sts.endpoint.as_ref(), region, sts.vpc);
    Ok(Role {
        arn,
        session_name: section
            .get("role_session_name")
            .cloned()
            .unwrap_or_else(|| "terraform".to_owned()),
        seconds: 3600,
        policy: section.get("policy").cloned(),
        external_id: None,
        endpoint: endpoint
            .map_err(|error| format!("leads to no STS endpoint: {}", error.message))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "; comment\n[default]\ntype = access_key # yes\naccess_key_id = A\naccess_key_secret = S\n\n\
        [role]\ntype: ram_role_arn\naccess_key_id=A\naccess_key_secret=S\nrole_arn=R\n\
        [ecs]\ntype=ecs_ram_role\nrole_name=r\n[oidc]\ntype=oidc_role_arn\nrole_arn=R\noidc_provider_arn=P\noidc_token_file_path=/t\n\
        [rsa]\ntype=rsa_key_pair\n[half]\ntype=access_key\naccess_key_id=A\n";

    fn check(name: &str, expected: &str) {
        let told = match resolve(FILE, name, &Sts::default()) {
            Ok(Origin::Key(key)) => format!("key {}", key.access_key_id),
            Ok(Origin::Role { role, .. }) => format!("role {} {}", role.arn, role.session_name),
            Ok(Origin::Metadata(role)) => format!("metadata {role:?}"),
            Ok(Origin::Oidc { token, .. }) => format!("oidc {token:?}"),
            Ok(Origin::External(_) | Origin::SignIn(_) | Origin::Uri(_)) => "another".to_owned(),
            Err(why) => format!("error: {why}"),
        };
        assert_eq!(told, expected);
    }

    #[test]
    fn every_type_becomes_an_origin() {
        check("default", "key A");
        check("role", "role R terraform");
        check("ecs", r#"metadata Some("r")"#);
        check("oidc", r#"oidc File("/t")"#);
        check("rsa", "error: has the type rsa_key_pair in section [rsa], which is not supported");
        check("half", "error: has no access_key_secret in section [half]");
        check("gone", "error: has no section [gone]");
    }
}
