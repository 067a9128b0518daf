//! The proxy variables, by the grammar of Go's httpproxy: Terraform and every other provider read the same ones.
//! Reads no environment itself; shows nothing of a proxy's user and password.

use std::net::IpAddr;

use reqwest::Url;

use crate::error::{Error, Kind};

/// Which proxy leads where.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    http: Option<Url>,
    https: Option<Url>,
    bypass: Vec<Bypass>,
}

/// An entry of `NO_PROXY`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Bypass {
    /// `*`
    All,
    /// `10.0.0.0/8`
    Network(IpAddr, u8),
    /// `10.0.0.1`, `[::1]:443`
    Address(IpAddr, Option<u16>),
    /// `example.com` stands for itself and what is below, `.example.com` and `*.example.com` for what is below.
    Domain { suffix: String, itself: bool, port: Option<u16> },
}

impl Proxies {
    /// What `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say, or the same names in lower case.
    ///
    /// # Errors
    /// A proxy that cannot be read: going direct instead would be a surprise.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let first = |names: [&'static str; 2]| {
            let set = |name| Some((name, variable(name)?)).filter(|(_, text)| !text.is_empty());
            names.into_iter().find_map(set)
        };
        let proxy = |names| match first(names) {
            Some((name, text)) => url(name, &text).map(Some),
            None => Ok(None),
        };
        let http = proxy(["HTTP_PROXY", "http_proxy"])?;
        if http.is_some() && variable("REQUEST_METHOD").is_some_and(|method| !method.is_empty()) {
            let text = "HTTP_PROXY is not to be trusted where REQUEST_METHOD is set (CGI: a client may have sent it)";
            return Err(Error::new(Kind::Configuration, text));
        }
        let list = first(["NO_PROXY", "no_proxy"]).map(|(_, list)| list).unwrap_or_default();
        let bypass = list.split(',').filter_map(entry).collect();
        Ok(Self { http, https: proxy(["HTTPS_PROXY", "https_proxy"])?, bypass })
    }

    /// The proxy on the way to a URL; none: the way is direct.
    pub(super) fn for_url(&self, to: &Url) -> Option<Url> {
        let proxy = if to.scheme() == "https" { &self.https } else { &self.http };
        let host = to.host_str()?.trim_end_matches('.').to_ascii_lowercase();
        let port = to.port_or_known_default();
        let direct = super::endpoint::is_loopback(&host)
            || self.bypass.iter().any(|entry| entry.admits(&host, port));
        proxy.clone().filter(|_| !direct)
    }
}

impl Bypass {
    fn admits(&self, host: &str, to: Option<u16>) -> bool {
        let address = bare(host).parse::<IpAddr>().ok();
        let same = |port: &Option<u16>| port.is_none() || *port == to;
        match self {
            Self::All => true,
            Self::Network(network, bits) => {
                address.is_some_and(|address| within(address, *network, *bits))
            }
            Self::Address(known, port) => address == Some(*known) && same(port),
            Self::Domain { suffix, itself, port } => {
                (host.ends_with(suffix) || *itself && host == &suffix[1..]) && same(port)
            }
        }
    }
}

fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

fn within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let shifted = |value: u128, width: u8| value.checked_shr(u32::from(width - bits)).unwrap_or(0);
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            shifted(u32::from(address).into(), 32) == shifted(u32::from(network).into(), 32)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            shifted(address.into(), 128) == shifted(network.into(), 128)
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

/// An entry of the list; none: it says nothing.
fn entry(text: &str) -> Option<Bypass> {
    let text = text.trim().to_ascii_lowercase();
    if text == "*" {
        return Some(Bypass::All);
    }
    if let Some((address, bits)) = text.split_once('/')
        && let (Ok(address), Ok(bits)) = (address.parse::<IpAddr>(), bits.parse::<u8>())
    {
        let width = if address.is_ipv4() { 32 } else { 128 };
        return (bits <= width).then_some(Bypass::Network(address, bits));
    }
    let (host, port) = match text.rsplit_once(':') {
        // An address of the sixth version has more colons than one that parts a port.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            (host, Some(port.parse().ok()?))
        }
        Some(_) | None => (text.as_str(), None),
    };
    if let Ok(address) = bare(host).parse() {
        return Some(Bypass::Address(address, port));
    }
    let host = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
    match host.strip_prefix('.') {
        _ if host.trim_matches('.').is_empty() => None,
        Some(_) => Some(Bypass::Domain { suffix: host.to_owned(), itself: false, port }),
        None => Some(Bypass::Domain { suffix: format!(".{host}"), itself: true, port }),
    }
}

/// A proxy's URL; `http` is its scheme where none is named.
fn url(name: &str, text: &str) -> Result<Url, Error> {
    let wrong = |why: &str| {
        let text = format!(
            "the variable {name} {why}, so it is unknown which way requests are to go: correct it (such as \
             http://proxy.example:3128), or unset it"
        );
        Err(Error::new(Kind::Configuration, text))
    };
    let text = text.trim();
    let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let Ok(mut url) = Url::parse(&full) else {
        return wrong("is no URL of a proxy");
    };
    if url.host_str().is_none_or(str::is_empty) {
        return wrong("names no host");
    }
    match url.scheme() {
        "http" | "https" => Ok(url),
        "socks5" | "socks5h" => {
            // In Go's grammar both leave the names to the proxy.
            let named = url.set_scheme("socks5h").is_ok();
            let with_port = url.port().is_some() || url.set_port(Some(1080)).is_ok();
            if named && with_port { Ok(url) } else { wrong("is no URL of a proxy") }
        }
        _ => wrong("has a scheme other than http, https and socks5"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &str) -> Result<Proxies, Error> {
        let pairs: Vec<(&str, &str)> =
            variables.split('|').filter_map(|pair| pair.split_once('=')).collect();
        let find = |name: &str| pairs.iter().find(|(known, _)| *known == name);
        Proxies::read(&|name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    fn way(variables: &str, to: &str) -> String {
        match proxies(variables) {
            Ok(proxies) => proxies
                .for_url(&Url::parse(to).unwrap())
                .map_or_else(|| "direct".to_owned(), |proxy| proxy.to_string()),
            Err(error) => format!("error: {}", error.message),
        }
    }

    #[test]
    fn variables_lead_where_they_lead_terraform() {
        let real = "https://aiccs.aliyuncs.com";
        let check = |variables: &str, to: &str, expected: &str| {
            assert_eq!(way(variables, to), expected, "{variables} {to}")
        };
        check("", real, "direct");
        check("HTTPS_PROXY=http://p:1", real, "http://p:1/");
        check("https_proxy=p:1", real, "http://p:1/");
        check("https_proxy=p", real, "http://p/");
        check("HTTPS_PROXY=|https_proxy=q:1", real, "http://q:1/");
        check("HTTPS_PROXY=p:1|https_proxy=q:1", real, "http://p:1/");
        check("HTTPS_PROXY=http://u:w@p:1", real, "http://u:w@p:1/");
        check("HTTPS_PROXY=https://p", real, "https://p/");
        check("HTTPS_PROXY=socks5://p", real, "socks5h://p:1080");
        check("HTTPS_PROXY=socks5h://p:2", real, "socks5h://p:2");
        check("HTTPS_PROXY=[::2]:1", real, "http://[::2]:1/");
        check("HTTP_PROXY=p:1", real, "direct");
        check("ALL_PROXY=p:1", real, "direct");
        check("HTTP_PROXY=p:1", "http://169.254.1.1/", "http://p:1/");
        for to in ["https://127.0.0.1:1", "https://localhost", "https://[::1]", "http://127.9.9.9"]
        {
            check("HTTPS_PROXY=p:1|HTTP_PROXY=p:1", to, "direct");
        }
    }

    #[test]
    fn no_proxy_has_gos_grammar() {
        // The list, where it leads directly, and where by the proxy: https unless another scheme is said.
        let check = |list: &str, direct: &str, proxied: &str| {
            let variables = format!("HTTPS_PROXY=p:1|HTTP_PROXY=p:1|NO_PROXY={list}");
            for (hosts, expected) in [(direct, true), (proxied, false)] {
                for to in hosts.split_whitespace() {
                    let to =
                        if to.contains("://") { to.to_owned() } else { format!("https://{to}") };
                    let told = way(&variables, &to);
                    assert_eq!(told == "direct", expected, "{list} {to}: {told}");
                }
            }
        };
        check(
            "aiccs.aliyuncs.com",
            "aiccs.aliyuncs.com AICCS.aliyuncs.com. a.aiccs.aliyuncs.com",
            "xaiccs.aliyuncs.com",
        );
        check("aliyuncs.com", "aiccs.aliyuncs.com", "");
        check(".aliyuncs.com", "aiccs.aliyuncs.com", "aliyuncs.com");
        check("*.aliyuncs.com", "aiccs.aliyuncs.com", "aliyuncs.com");
        check("*.aliyuncs.com:443", "aiccs.aliyuncs.com", "");
        check("*aliyuncs.com", "", "aiccs.aliyuncs.com");
        check("ALIYUNCS.COM", "aiccs.aliyuncs.com", "");
        check("aiccs.aliyuncs.com:443", "aiccs.aliyuncs.com", "aiccs.aliyuncs.com:8443");
        check("aiccs.aliyuncs.com:80", "http://aiccs.aliyuncs.com", "aiccs.aliyuncs.com");
        check("aiccs.aliyuncs.com:x", "", "aiccs.aliyuncs.com");
        check("a.b, ,aliyuncs.com ", "aiccs.aliyuncs.com", "");
        check("*", "aiccs.aliyuncs.com", "");
        check("a.b,*", "aiccs.aliyuncs.com", "");
        check("", "", "aiccs.aliyuncs.com");
        check(".", "", "aiccs.aliyuncs.com");
        check(":443", "", "aiccs.aliyuncs.com");
        check("10.0.0.0/8", "10.1.2.3", "11.1.2.3 ten.example.com");
        check("10.1.2.3/0", "99.1.2.3", "");
        check("10.1.2.3/32", "10.1.2.3", "10.1.2.4");
        check("10.0.0.0/33", "", "10.1.2.3");
        check("10.1.2.3", "10.1.2.3", "");
        check("10.1.2.3:443", "10.1.2.3", "");
        check("10.1.2.3:80", "", "10.1.2.3");
        check("fd00::/8", "[fd12::1]", "[fe12::1] 10.1.2.3");
        check("::/0", "[fe12::1]", "");
        check("fd12::1", "[fd12::1]", "");
        check("[fd12::1]", "[fd12::1]", "");
        check("[fd12::1]:443", "[fd12::1]", "");
        check("[fd12::1]:444", "", "[fd12::1]");
    }

    #[test]
    fn what_cannot_be_read_is_an_error_that_names_the_variable() {
        for (variables, expected) in [
            ("HTTPS_PROXY=not a url", "error: the variable HTTPS_PROXY is no URL of a proxy"),
            ("http_proxy=http://", "error: the variable http_proxy is no URL of a proxy"),
            ("HTTPS_PROXY=ftp://p:1", "error: the variable HTTPS_PROXY has a scheme other than"),
            ("HTTPS_PROXY=p:port", "error: the variable HTTPS_PROXY is no URL of a proxy"),
            ("HTTPS_PROXY=socks5://", "error: the variable HTTPS_PROXY names no host"),
            ("HTTP_PROXY=p:1|REQUEST_METHOD=GET", "error: HTTP_PROXY is not to be trusted"),
        ] {
            let told = way(variables, "https://aiccs.aliyuncs.com");
            assert!(told.starts_with(expected), "{variables}: {told}");
        }
        let told = way("HTTPS_PROXY=http://user:MARKER@:1", "https://aiccs.aliyuncs.com");
        assert!(told.starts_with("error") && !told.contains("MARKER"), "{told}");
    }
}
