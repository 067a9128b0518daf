//! The two signatures of Alibaba Cloud: pure, stage by stage; time and nonce are arguments.
//! Knows nothing of operations, credentials sources, retries or the network.

pub mod acs3;
pub mod rpc;

use super::encode::push_percent;

/// The canonical query of both schemes: parameters sorted by name in byte order, each `name=value` percent-encoded.
///
/// Empty values take part as `name=`. `Signature` itself must not be among the parameters.
pub fn canonical_query<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut sorted: Vec<(&str, &str)> = parameters.into_iter().collect();
    sorted.sort_unstable();
    let mut query = String::new();
    for (name, value) in sorted {
        if !query.is_empty() {
            query.push('&');
        }
        push_percent(&mut query, name);
        query.push('=');
        push_percent(&mut query, value);
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_sorted_in_byte_order_and_empty_values_take_part() {
        let query = canonical_query([("b", ""), ("a", "2 3"), ("B", "1"), ("a", "10")]);
        assert_eq!(query, "B=1&a=10&a=2%203&b=");
    }
}
