//! What a toolbox keeps by the names that clients give: sessions, terminals, contexts.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Things by their keys. A thing lives on while a request uses it that has found it before
/// it was taken out.
#[derive(Debug)]
pub(super) struct Table<Key, T>(Mutex<BTreeMap<Key, Arc<T>>>);

impl<Key, T> Default for Table<Key, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Key: Ord, T> Table<Key, T> {
    /// Everything, for what takes more than one step.
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Arc<T>>> {
        // No change can panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thing of a key.
    pub(super) fn find<Name: Ord + ?Sized>(&self, key: &Name) -> Option<Arc<T>>
    where
        Key: Borrow<Name>,
    {
        self.lock().get(key).cloned()
    }

    /// Takes a thing out; nobody finds it any more.
    pub(super) fn take<Name: Ord + ?Sized>(&self, key: &Name) -> Option<Arc<T>>
    where
        Key: Borrow<Name>,
    {
        self.lock().remove(key)
    }

    /// Takes this thing out, if it is there. Another one may have its key since.
    pub(super) fn take_this<Name: Ord + ?Sized>(&self, key: &Name, thing: &Arc<T>)
    where
        Key: Borrow<Name>,
    {
        let mut things = self.lock();
        if things.get(key).is_some_and(|found| Arc::ptr_eq(found, thing)) {
            things.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_taken_out_unless_another_has_its_key() {
        let table = Table::<String, i32>::default();
        let (old, new) = (Arc::new(1), Arc::new(1));
        table.lock().insert("a".to_owned(), Arc::clone(&new));
        table.take_this("a", &old);
        assert!(table.find("a").is_some_and(|found| Arc::ptr_eq(&found, &new)));
        table.take_this("a", &new);
        assert!(table.find("a").is_none() && table.take("a").is_none());
    }
}
