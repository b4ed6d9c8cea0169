//! [`Model`]: the commands of MongoDB that the store sends, as the recordings and MongoDB's manual
//! say that they work. It is a model for these tests, and no MongoDB.

use std::collections::BTreeMap;

use mongodb::bson::{Bson, DateTime, Document, doc};

/// Collections, and the writes that were executed under a number.
#[derive(Default)]
pub(crate) struct Model {
    /// The name of the replica set of which the server is the primary.
    pub(crate) replica_set: Option<String>,
    pub(crate) collections: BTreeMap<String, Collection>,
    executed: Vec<(Bson, Bson, Document)>,
}

#[derive(Default)]
pub(crate) struct Collection {
    pub(crate) documents: Vec<Document>,
    pub(crate) indexes: Vec<Document>,
}

/// An error of the server: code, name and message.
type Refusal = (i32, &'static str, String);

pub(crate) fn refused((code, name, message): Refusal) -> Document {
    doc! { "ok": 0.0, "errmsg": message, "code": code, "codeName": name }
}

impl Model {
    /// Executes a command. A write of a number that was executed before is answered as then.
    pub(crate) fn execute(&mut self, command: &Document, address: &str) -> Document {
        let number = (command.get("lsid"), command.get("txnNumber"));
        let (Some(session), Some(number)) = number else {
            return self.answer(command, address);
        };
        let is_it = |done: &&(Bson, Bson, Document)| done.0 == *session && done.1 == *number;
        if let Some((_, _, answer)) = self.executed.iter().find(is_it) {
            return answer.clone();
        }
        let answer = self.answer(command, address);
        self.executed
            .push((session.clone(), number.clone(), answer.clone()));
        answer
    }

    fn answer(&mut self, command: &Document, address: &str) -> Document {
        let (name, target) = command.iter().next().unwrap();
        let target = target.as_str().unwrap_or_default();
        let done = match name.as_str() {
            "hello" | "isMaster" | "ismaster" => Ok(self.hello(address)),
            "ping" | "endSessions" => Ok(doc! { "ok": 1.0 }),
            "find" => self.find(target, command),
            "update" => self.update(target, command),
            "delete" => self.delete(target, command),
            "createIndexes" => {
                let collection = self.collections.entry(target.to_owned()).or_default();
                for index in command.get_array("indexes").unwrap() {
                    collection
                        .indexes
                        .push(index.as_document().unwrap().clone());
                }
                Ok(doc! { "ok": 1.0 })
            }
            "listIndexes" => self.indexes(target),
            name => Err((59, "CommandNotFound", format!("no such command: '{name}'"))),
        };
        done.unwrap_or_else(refused)
    }

    fn hello(&self, address: &str) -> Document {
        let mut hello = doc! {
            "helloOk": true, "isWritablePrimary": true, "ismaster": true, "readOnly": false,
            "maxBsonObjectSize": 16_777_216, "maxMessageSizeBytes": 48_000_000,
            "maxWriteBatchSize": 100_000, "localTime": DateTime::now(),
            "logicalSessionTimeoutMinutes": 30, "minWireVersion": 0, "maxWireVersion": 21, "ok": 1.0,
        };
        if let Some(name) = &self.replica_set {
            hello.extend(doc! {
                "setName": name, "setVersion": 1, "secondary": false,
                "hosts": [address], "me": address, "primary": address,
            });
        }
        hello
    }

    fn find(&self, target: &str, command: &Document) -> Result<Document, Refusal> {
        let filter = command.get_document("filter").unwrap();
        let mut found = Vec::new();
        for document in self.documents(target) {
            if matches(document, filter)? {
                found.push(document.clone());
            }
        }
        Ok(cursor(target, found))
    }

    fn documents(&self, target: &str) -> &[Document] {
        let collection = self.collections.get(target);
        collection.map_or(&[], |collection| &collection.documents)
    }

    fn indexes(&self, target: &str) -> Result<Document, Refusal> {
        let missing = (
            26,
            "NamespaceNotFound",
            format!("ns does not exist: {target}"),
        );
        let collection = self.collections.get(target).ok_or(missing)?;
        let mut indexes = vec![doc! { "v": 2, "key": { "_id": 1 }, "name": "_id_" }];
        indexes.extend(collection.indexes.iter().cloned());
        Ok(cursor(target, indexes))
    }

    fn update(&mut self, target: &str, command: &Document) -> Result<Document, Refusal> {
        let documents = &mut self
            .collections
            .entry(target.to_owned())
            .or_default()
            .documents;
        let [update] = command.get_array("updates").unwrap().as_slice() else {
            panic!("one update is expected: {command}");
        };
        let update = update.as_document().unwrap();
        let (filter, change) = (
            update.get_document("q").unwrap(),
            update.get_document("u").unwrap(),
        );
        for document in &mut *documents {
            if matches(document, filter)? {
                apply(document, change, false)?;
                return Ok(doc! { "n": 1, "nModified": 1, "ok": 1.0 });
            }
        }
        if !update.get_bool("upsert").unwrap_or(false) {
            return Ok(doc! { "n": 0, "nModified": 0, "ok": 1.0 });
        }
        // An upsert takes the equalities of its filter.
        let is_equality = |value: &Bson| {
            value
                .as_document()
                .is_none_or(|value| !has_operators(value))
        };
        let equalities = filter.iter().filter(|(_, value)| is_equality(value));
        let mut document: Document = equalities
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        apply(&mut document, change, true)?;
        let id = document.get("_id").unwrap().clone();
        if documents.iter().any(|there| there.get("_id") == Some(&id)) {
            let message = format!(
                "E11000 duplicate key error collection: test.{target} index: _id_ dup key: {{ _id: {id} }}"
            );
            let error = doc! {
                "index": 0, "code": 11000, "errmsg": message,
                "keyPattern": { "_id": 1 }, "keyValue": { "_id": id },
            };
            return Ok(doc! { "n": 0, "nModified": 0, "writeErrors": [error], "ok": 1.0 });
        }
        documents.push(document);
        Ok(doc! { "n": 1, "nModified": 0, "upserted": [{ "index": 0, "_id": id }], "ok": 1.0 })
    }

    fn delete(&mut self, target: &str, command: &Document) -> Result<Document, Refusal> {
        let [delete] = command.get_array("deletes").unwrap().as_slice() else {
            panic!("one deletion is expected: {command}");
        };
        let delete = delete.as_document().unwrap();
        let filter = delete.get_document("q").unwrap();
        let is_one = delete.get_i32("limit").unwrap() == 1;
        let documents = &mut self
            .collections
            .entry(target.to_owned())
            .or_default()
            .documents;
        let (mut kept, mut count) = (Vec::new(), 0);
        for document in documents.drain(..) {
            if matches(&document, filter)? && (count == 0 || !is_one) {
                count += 1;
            } else {
                kept.push(document);
            }
        }
        *documents = kept;
        Ok(doc! { "n": count, "ok": 1.0 })
    }
}

fn cursor(target: &str, documents: Vec<Document>) -> Document {
    let namespace = format!("test.{target}");
    doc! { "cursor": { "id": 0_i64, "ns": namespace, "firstBatch": documents }, "ok": 1.0 }
}

fn has_operators(value: &Document) -> bool {
    value.keys().next().is_some_and(|key| key.starts_with('$'))
}

fn unknown(operator: &str) -> Refusal {
    (2, "BadValue", format!("unknown operator: {operator}"))
}

fn matches(document: &Document, filter: &Document) -> Result<bool, Refusal> {
    for (key, condition) in filter {
        let value = document.get(key);
        let holds = match condition {
            Bson::Array(filters) if key == "$or" => {
                let mut any = false;
                for filter in filters {
                    any |= matches(document, filter.as_document().unwrap())?;
                }
                any
            }
            _ if key.starts_with('$') => return Err(unknown(key)),
            Bson::Document(operators) if has_operators(operators) => holds(value, operators)?,
            equal => value == Some(equal),
        };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

fn holds(value: Option<&Bson>, operators: &Document) -> Result<bool, Refusal> {
    for (operator, operand) in operators {
        // Times are compared with times alone.
        let times = value.and_then(Bson::as_datetime).zip(operand.as_datetime());
        let is_so = match (operator.as_str(), operand) {
            ("$exists", Bson::Boolean(exists)) => value.is_some() == *exists,
            ("$eq", operand) => value == Some(operand),
            ("$gt", Bson::DateTime(_)) => times.is_some_and(|(value, than)| value > than),
            ("$lt", Bson::DateTime(_)) => times.is_some_and(|(value, than)| value < than),
            ("$not", Bson::Document(operators)) => !holds(value, operators)?,
            (operator, _) => return Err(unknown(operator)),
        };
        if !is_so {
            return Ok(false);
        }
    }
    Ok(true)
}

fn apply(document: &mut Document, change: &Document, is_insert: bool) -> Result<(), Refusal> {
    for (operator, members) in change {
        let Bson::Document(members) = members else {
            return Err(unknown(operator));
        };
        for (key, value) in members {
            match operator.as_str() {
                "$set" => {
                    let has_another = document.get(key).is_some_and(|there| there != value);
                    if key == "_id" && has_another {
                        let message = "the (immutable) field '_id' was found to have been altered";
                        return Err((66, "ImmutableField", message.to_owned()));
                    }
                    document.insert(key, value.clone());
                }
                "$unset" => {
                    document.remove(key);
                }
                "$setOnInsert" if is_insert => {
                    document.insert(key, value.clone());
                }
                "$setOnInsert" => {}
                "$currentDate" if *value == Bson::Boolean(true) => {
                    document.insert(key, DateTime::now());
                }
                operator => return Err(unknown(operator)),
            }
        }
    }
    Ok(())
}
