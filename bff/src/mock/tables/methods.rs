//! From joins to methods: what each is asked for, and where its request says so.

use std::{collections::HashMap, time::Duration};

use prost_reflect::{FieldDescriptor, MessageDescriptor};

use super::{
    Body, Items, Keys, Method, Methods, Role, Rule,
    build::Builder,
    facts::{self, Fact, Kind},
};
use crate::{
    contract::{self, Batch, Binding, Field, Join, join::Target, source, wire},
    error::{Code, Error, Result},
    mock::{scenario, values::words},
};

/// A field that a method answers.
#[derive(Clone, Copy)]
struct Use<'a> {
    owner: &'a Binding,
    on_root: bool,
    mutation: bool,
    field: &'a Field,
    join: &'a Join,
    /// The key comes from another call, not from the parent.
    chained: bool,
}

impl<'a> Builder<'a> {
    /// What answers each call: the methods, and the functions that a mock stands in for.
    pub(super) fn answers(&mut self) -> Result<(Methods, Vec<Method>)> {
        let uses = self.uses();
        let of = |target| uses.get(&target).map_or(&[][..], Vec::as_slice);
        let (contract, mut methods, mut resolvers) = (self.contract, Methods::new(), Vec::new());
        for (index, declared) in (0..).zip(&contract.methods) {
            let method = self.method(declared, of(Target::Method(index)))?;
            methods.insert((declared.service.clone(), declared.name.clone()), method);
        }
        for (index, declared) in (0..).zip(&contract.resolvers) {
            resolvers.push(self.resolver(declared, of(Target::Resolver(index)))?);
        }
        Ok((methods, resolvers))
    }

    /// The fields of each method and function, in the order of the contract.
    fn uses(&self) -> HashMap<Target, Vec<Use<'a>>> {
        let contract = self.contract;
        let root =
            |root: Option<u32>, index: usize| root.is_some_and(|root| root as usize == index);
        let mut uses: HashMap<Target, Vec<Use<'a>>> = HashMap::new();
        for (index, owner) in contract.bindings.iter().enumerate() {
            let mutation = root(contract.mutation, index);
            let on_root =
                mutation || root(contract.query, index) || root(contract.subscription, index);
            for field in &owner.fields {
                for (join, chained) in joins(field) {
                    if let Some(target) = join.target {
                        let found = Use { owner, on_root, mutation, field, join, chained };
                        uses.entry(target).or_default().push(found);
                    }
                }
            }
        }
        uses
    }

    fn method(&mut self, declared: &contract::Method, uses: &[Use<'a>]) -> Result<Method> {
        let input = self.message(&declared.input)?;
        let output = self.message(&declared.output)?;
        let response = self.response(&output, uses)?;
        let roles: Result<Vec<Role>> =
            uses.iter().map(|used| self.role(self.keys(&input, used)?, used)).collect();
        let mut roles = roles?;
        if roles.is_empty() {
            roles.push(self.unused(declared, &input, &output));
        }
        let (service, name) = (declared.service.clone(), declared.name.clone());
        let mut gathers = uses.iter().filter_map(|used| used.join.gather.as_ref());
        let streams_items = gathers.any(|gather| gather.item.is_some());
        let promised = declared.promised;
        Ok(Method { input, response, roles, service, name, promised, streams_items })
    }

    /// A function is a call whose request is one parent.
    fn resolver(&mut self, declared: &contract::Resolver, uses: &[Use<'a>]) -> Result<Method> {
        let input = self.message(&declared.parent)?;
        let output = self.message(&declared.output)?;
        let response = self.response(&output, uses)?;
        let own = |field: &FieldDescriptor| {
            uses.iter().any(|used| self.key_name(&used.owner.r#type) == words(field.name()))
        };
        let fields = || input.fields().filter(|field| !field.is_list());
        let key: Vec<FieldDescriptor> =
            fields().find(own).map_or_else(|| fields().collect(), |field| vec![field]);
        let keys = || Keys::Parts(key.iter().map(|field| vec![field.clone()]).collect());
        let roles: Result<Vec<Role>> = uses.iter().map(|used| self.role(keys(), used)).collect();
        let (service, name) = (declared.r#type.clone(), declared.field.clone());
        // Its names are those of the field, which its role has already.
        Ok(Method {
            input,
            response,
            roles: roles?,
            service,
            name,
            promised: true,
            streams_items: false,
        })
    }

    fn response(&mut self, output: &MessageDescriptor, uses: &[Use<'a>]) -> Result<Body> {
        let mut facts: Vec<Fact> = self.items(output, uses)?.into_iter().collect();
        for used in uses.iter().filter(|used| used.join.batch.is_none()) {
            let rule = self.rule(used);
            match (self.value(used, rule), bound(used.join)) {
                (Some(found), _) => facts.extend(found),
                (None, Some(binding)) => {
                    return Ok(Body::Object { table: self.binding(binding)?, rule });
                }
                (None, None) => {}
            }
        }
        match self.keyed_binding(output) {
            Some(binding) => Ok(Body::Object { table: self.binding(binding)?, rule: Rule::Asked }),
            None => Ok(Body::Same(self.here(output, output.name(), &facts)?)),
        }
    }

    /// The items of a batch. Fields that one method answers read the same items.
    fn items(&mut self, output: &MessageDescriptor, uses: &[Use<'a>]) -> Result<Option<Fact>> {
        let batches = uses.iter().filter_map(|used| Some((used, used.join.batch.as_ref()?)));
        let batches: Vec<(&Use<'a>, &Batch)> = batches.collect();
        let Some((first, batch)) = batches.first().copied() else { return Ok(None) };
        let list =
            fields(output, &batch.items)?.pop().ok_or_else(|| nowhere(output, &batch.items))?;
        let field = match list.kind() {
            prost_reflect::Kind::Message(entry) if list.is_map() => entry.map_entry_value_field(),
            _ => list.clone(),
        };
        let prost_reflect::Kind::Message(message) = field.kind() else {
            let leaf = self.leaf(&first.owner.r#type, &first.field.name, &field, None)?;
            let leaf = leaf.ok_or_else(|| nowhere(output, &batch.items))?;
            return Ok(Some(fact(batch, first, Body::Leaf(leaf))));
        };
        let mut facts = facts::of_batch(batch);
        for (used, _) in
            batches.iter().filter(|(_, other)| other.items == batch.items && !other.group)
        {
            facts.extend(self.value(used, self.rule(used)).into_iter().flatten());
        }
        // Items matched inside of a map's values are its entries, whose field 2 is the value.
        let in_entry = list.is_map() && !batch.map;
        let is_entry_value = facts.iter().any(|fact| in_entry && fact.asked_for && fact.is_at(2));
        if in_entry {
            facts = facts.iter().filter_map(|fact| fact.inside(2)).collect();
        }
        let is_value = batch.group || is_entry_value || self.value(first, Rule::Child).is_none();
        let matched = match batch.r#match.as_slice() {
            [part] if in_entry => part.path.get(1..),
            [part] => Some(part.path.as_slice()),
            _ => None,
        };
        let body = self.item(&message, bound(first.join).filter(|_| is_value), matched, facts)?;
        let body = match body {
            Body::Object { table, rule: Rule::Child } => {
                Body::Object { table, rule: self.rule(first) }
            }
            body => body,
        };
        Ok(Some(fact(batch, first, body)))
    }

    /// One item: the object of `value`, or else the object that its key names, or else something about the parent.
    /// Where items are matched by the key of their own type, an item is the very object asked for.
    fn item(
        &mut self,
        message: &MessageDescriptor,
        value: Option<u32>,
        matched: Option<&[u32]>,
        mut facts: Vec<Fact>,
    ) -> Result<Body> {
        let contract = self.contract;
        let bound = |binding: u32| &contract.bindings[binding as usize];
        let is_matched = |builder: &Self, binding: u32| {
            matched.is_some_and(|path| builder.is_own_key(bound(binding), path))
        };
        let named = self.keyed_binding(message).filter(|binding| is_matched(self, *binding));
        let Some(binding) = value.or(named) else {
            return Ok(Body::Same(self.here(message, message.name(), &facts)?));
        };
        let rule = if is_matched(self, binding) { Rule::Asked } else { Rule::Child };
        facts.extend(self.facts(binding));
        Ok(Body::Object { table: self.here(message, &bound(binding).r#type, &facts)?, rule })
    }

    fn value(&self, used: &Use<'a>, rule: Rule) -> Option<Vec<Fact>> {
        let then = facts::seen_from_message(used.join)?;
        facts::of_value(&then, used.field, rule, &|join| self.key_of_join(join))
    }

    /// Which object a field's value is: a key of the parent's own leads to something that belongs to the parent, any
    /// other key names the object itself.
    fn rule(&self, used: &Use<'a>) -> Rule {
        let own = used.join.key.iter().any(|part| self.is_own_key(used.owner, &part.path));
        let same = bound(used.join).is_some_and(|binding| {
            self.contract.bindings[binding as usize].r#type == used.owner.r#type
        });
        if own && !used.chained && !same { Rule::Child } else { Rule::Asked }
    }

    fn role(&self, keys: Keys, used: &Use<'a>) -> Result<Role> {
        let mock = used.field.mock.as_ref();
        let error = match mock.map(|mock| mock.error.as_str()) {
            None | Some("") => None,
            Some(name) => Some(scenario::upstream_code(name).ok_or_else(|| {
                Error::new(
                    Code::FailedPrecondition,
                    format!(
                        "`{}.{}` is mocked to fail with `{name}`, which is no code",
                        used.owner.r#type, used.field.name
                    ),
                )
            })?),
        };
        Ok(Role {
            owner: used.owner.r#type.as_str().into(),
            field: used.field.name.as_str().into(),
            on_root: used.on_root,
            mutation: used.mutation,
            keys,
            latency: Duration::from_millis(mock.map_or(0, |mock| mock.latency_ms)),
            error,
        })
    }

    fn keys(&self, input: &MessageDescriptor, used: &Use<'a>) -> Result<Keys> {
        let join = used.join;
        if let Some(batch) = &join.batch {
            let path = fields(input, &batch.keys)?;
            let mut parts = Vec::new();
            if let Some(prost_reflect::Kind::Message(key)) = path.last().map(FieldDescriptor::kind)
            {
                for part in &join.key {
                    parts.push(fields(&key, &part.target)?);
                }
            }
            return Ok(Keys::Batch { path, parts });
        }
        if !join.key.is_empty() {
            let parts: Result<Vec<_>> =
                join.key.iter().map(|part| fields(input, &part.target)).collect();
            return Ok(Keys::Parts(parts?));
        }
        let type_name =
            bound(join).map_or("", |binding| &self.contract.bindings[binding as usize].r#type);
        Ok(self.named(input, type_name, used.mutation))
    }

    /// The fields of a request that name objects of a type: `id`, `book_id`, `ids`, `book_ids`; in what a mutation
    /// writes also `book.id`.
    fn named(&self, input: &MessageDescriptor, type_name: &str, mutation: bool) -> Keys {
        let key = Some(self.key_name(type_name)).filter(|key| !key.is_empty());
        let key = key.unwrap_or_else(|| words("id"));
        let own = |end: &[String]| [words(type_name).as_slice(), end].concat();
        let wanted = [key.clone(), own(&key), own(&words("id"))];
        let wanted = wanted.map(|words| words.join("_"));
        let find = |message: &MessageDescriptor, list: bool| {
            let found = |wanted: &String| {
                let wanted = if list { format!("{wanted}s") } else { wanted.clone() };
                let is_key = |field: &FieldDescriptor| {
                    field.is_list() == list
                        && !matches!(field.kind(), prost_reflect::Kind::Message(_))
                        && words(field.name()).join("_") == wanted
                };
                message.fields().find(is_key)
            };
            wanted.iter().find_map(found)
        };
        let inner = || {
            input.fields().filter(|field| mutation && !field.is_list()).find_map(
                |field| match field.kind() {
                    prost_reflect::Kind::Message(message) => {
                        Some(vec![field, find(&message, false)?])
                    }
                    _ => None,
                },
            )
        };
        let one = find(input, false).map(|field| vec![field]).or_else(inner);
        Keys::Named { one, many: find(input, true) }
    }

    /// A method that no field asks: only programs call it.
    fn unused(
        &self,
        declared: &contract::Method,
        input: &MessageDescriptor,
        output: &MessageDescriptor,
    ) -> Role {
        let binding = self.keyed_binding(output);
        let type_name =
            binding.map_or("", |binding| &self.contract.bindings[binding as usize].r#type);
        Role {
            owner: declared.service.as_str().into(),
            field: declared.name.as_str().into(),
            on_root: true,
            mutation: false,
            keys: self.named(input, type_name, false),
            latency: Duration::ZERO,
            error: None,
        }
    }
}

/// The calls behind a field: its own, the one it falls back to, and those that follow from what they answer.
fn joins(field: &Field) -> Vec<(&Join, bool)> {
    let mut joins = Vec::new();
    let mut next = field.source.as_ref();
    while let Some(source::Kind::Join(join)) = next.and_then(|source| source.kind.as_ref()) {
        let chained = !joins.is_empty();
        joins.push((&**join, chained));
        let fallback = join.policy.as_ref().and_then(|policy| policy.fallback.as_ref());
        joins.extend(
            fallback.and_then(|fallback| fallback.rpc.as_deref()).map(|rpc| (rpc, chained)),
        );
        next = join.then.as_deref();
    }
    joins
}

/// The binding of the object that a join finds.
fn bound(join: &Join) -> Option<u32> {
    match join.then.as_ref()?.kind.as_ref()? {
        source::Kind::Wire(wire) => match wire.value? {
            wire::Value::Binding(binding) => Some(binding),
            wire::Value::Leaf(_) => None,
        },
        source::Kind::Join(_) => None,
    }
}

fn fact(batch: &Batch, used: &Use<'_>, body: Body) -> Fact {
    let field = used.field.name.as_str().into();
    let items = Items { body, field, group: batch.group };
    Fact {
        path: batch.items.clone(),
        name: "".into(),
        mock: None,
        asked_for: false,
        kind: Kind::Items(items),
    }
}

/// The fields along a path of numbers.
fn fields(message: &MessageDescriptor, path: &[u32]) -> Result<Vec<FieldDescriptor>> {
    let mut at = Some(message.clone());
    let mut fields = Vec::with_capacity(path.len());
    for number in path {
        let field = at.as_ref().and_then(|message| message.get_field(*number));
        let field = field.ok_or_else(|| nowhere(message, path))?;
        at = match field.kind() {
            prost_reflect::Kind::Message(inner) => Some(inner),
            _ => None,
        };
        fields.push(field);
    }
    Ok(fields)
}

fn nowhere(message: &MessageDescriptor, path: &[u32]) -> Error {
    Error::new(
        Code::FailedPrecondition,
        format!(
            "the contract names the path {path:?} in `{}`, which does not have it",
            message.full_name()
        ),
    )
}
