//! The members of an object: few, so a sorted list of them is smaller and quicker than a tree. Knows no value.

use std::borrow::Cow;

/// Members by attribute name.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Members<V>(Vec<(Cow<'static, str>, V)>);

/// Whether two names are one. Of one length and one last letter hardly two are different, and most are the schema's own, at one
/// address: it is seldom that all letters are looked at.
#[inline(always)]
pub(crate) fn is_same(known: &[u8], name: &[u8]) -> bool {
    known.len() == name.len()
        && known.last() == name.last()
        && (std::ptr::eq(known, name) || known == name)
}

impl<V> Members<V> {
    /// Without members yet, with room for so many.
    pub fn with_capacity(members: usize) -> Self {
        Self(Vec::with_capacity(members))
    }

    /// Members of these names, which come in their order and once, each with nothing in it.
    pub(crate) fn in_order(names: impl Iterator<Item = &'static str>) -> Self
    where
        V: Default,
    {
        Self(names.map(|name| (Cow::Borrowed(name), V::default())).collect())
    }

    /// The member at a position, to be changed.
    pub(crate) fn at_mut(&mut self, position: usize) -> Option<&mut V> {
        self.0.get_mut(position).map(|(_, value)| value)
    }

    /// Not part of `from_iter`: there would be a sort in the program for each kind of iterator.
    fn sorted(mut members: Vec<(Cow<'static, str>, V)>) -> Self {
        // Stable, so that equal names stay in their order.
        members.sort_by(|(one, _), (other, _)| one.cmp(other));
        members.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(&mut earlier.1, &mut later.1);
            }
            same
        });
        Self(members)
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_ref().cmp(name))
    }

    /// Where a name stands. To look at each is less than to order it among them.
    fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|(known, _)| is_same(known.as_bytes(), name.as_bytes()))
    }

    /// The member of that name.
    pub fn get(&self, name: &str) -> Option<&V> {
        self.position(name).map(|at| &self.0[at].1)
    }

    /// The member of that name, which is expected at a position: that of a like object.
    pub(crate) fn get_near(&self, at: usize, name: &str) -> Option<&V> {
        match self.0.get(at) {
            Some((known, value)) if is_same(known.as_bytes(), name.as_bytes()) => Some(value),
            Some(_) | None => self.get(name),
        }
    }

    /// The member of that name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        self.position(name).map(|at| &mut self.0[at].1)
    }

    /// Sets a member; what it was before.
    pub fn insert(&mut self, name: Cow<'static, str>, value: V) -> Option<V> {
        // Most come in their order.
        if self.0.last().is_none_or(|(last, _)| *last < name) {
            self.0.push((name, value));
            return None;
        }
        match self.find(&name) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (name, value));
                None
            }
        }
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True without members.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The members, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Cow<'static, str>, &V)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The values of the members, in the order of their names.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }

    /// The values of the members, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    /// The names, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_ref())
    }
}

impl<V> IntoIterator for Members<V> {
    type Item = (Cow<'static, str>, V);
    type IntoIter = std::vec::IntoIter<(Cow<'static, str>, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Of two members of one name the later one counts.
impl<V> FromIterator<(Cow<'static, str>, V)> for Members<V> {
    fn from_iter<I: IntoIterator<Item = (Cow<'static, str>, V)>>(members: I) -> Self {
        Self::sorted(members.into_iter().collect())
    }
}

/// None yet.
impl<V> Default for Members<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::{Members, is_same};

    #[test]
    fn names_are_one_when_every_letter_is() {
        let near = ["call_day", "call_way", "tall_day", "call_days", "call_da", ""];
        for (one, other) in near.iter().flat_map(|one| near.map(|other| (*one, other))) {
            // Another address, so that the letters count.
            let copy = other.to_owned();
            assert_eq!(is_same(one.as_bytes(), copy.as_bytes()), one == other, "{one} {other}");
        }
    }

    #[test]
    fn members_are_found_by_name_and_the_later_one_counts() {
        let pairs = [("b", 1), ("a", 2), ("b", 3), ("c", 4), ("b", 5)];
        let mut object: Members<i32> =
            pairs.into_iter().map(|(name, n)| (name.into(), n)).collect();
        let shown = |object: &Members<i32>| {
            object
                .iter()
                .map(|(name, value)| format!("{name}{value}"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(shown(&object), "a2 b5 c4");
        assert_eq!(object.insert("aa".into(), 6), None);
        assert_eq!(object.insert("c".into(), 7), Some(4));
        *object.get_mut("a").unwrap() = 0;
        assert_eq!(shown(&object), "a0 aa6 b5 c7");
        assert_eq!((object.get("aa"), object.get("ab")), (Some(&6), None));
        assert_eq!(object.get_mut("ab"), None);
        assert_eq!(object.keys().collect::<Vec<_>>(), ["a", "aa", "b", "c"]);
        assert_eq!(
            (object.len(), object.is_empty(), Members::<i32>::default().is_empty()),
            (4, false, true)
        );
        assert_eq!((object.get_near(2, "b"), object.get_near(0, "b")), (Some(&5), Some(&5)));
        assert_eq!((object.get_near(9, "c"), object.get_near(0, "ab")), (Some(&7), None));
        let values: Vec<_> = object.values().cloned().collect();
        assert_eq!(values, object.into_iter().map(|(_, value)| value).collect::<Vec<_>>());
    }
}
