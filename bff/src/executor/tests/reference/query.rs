//! A random operation that fits a random schema.

use super::{
    dice::Dice,
    model::{FieldModel, Kind, Model, ValueModel},
};
use crate::operation::{Field, Location, Operation, OperationKind, Selection, Type, Value};

const DEEPEST: usize = 4;

pub(super) fn random(model: &Model, dice: &mut Dice) -> Operation {
    let kind = if dice.often(15) { OperationKind::Mutation } else { OperationKind::Query };
    let fields = selection(model, &model.root, 0, dice);
    Operation {
        kind,
        name: None,
        variables: Vec::new(),
        root: "Query".to_owned(),
        fields,
        defers: Vec::new(),
        begins: Vec::new(),
        slow: Vec::new(),
    }
}

fn selection(model: &Model, fields: &[FieldModel], depth: usize, dice: &mut Dice) -> Vec<Field> {
    let mut selected = Vec::new();
    for _ in 0..1 + dice.roll(4) {
        let at = selected.len();
        if dice.often(10) && depth > 0 {
            selected.push(typename(at));
        } else {
            selected.extend(field(model, &fields[dice.roll(fields.len())], at, depth, dice));
        }
    }
    if selected.is_empty() {
        selected.push(typename(0));
    }
    selected
}

/// Nothing where the field would lead too deep.
fn field(
    model: &Model,
    field: &FieldModel,
    at: usize,
    depth: usize,
    dice: &mut Dice,
) -> Option<Field> {
    let (value, argument) = match field.kind {
        Kind::Wire(wire) => (wire.value, false),
        Kind::Ask(ask) => (model.asks[ask].then.value, model.asks[ask].argument),
    };
    let leaf = !matches!(value, ValueModel::Object(_) | ValueModel::Union(_));
    if !leaf && depth == DEEPEST {
        return None;
    }
    let arguments = if argument && dice.often(80) {
        vec![("a".to_owned(), Value::Int(i64::try_from(dice.roll(3)).unwrap()))]
    } else {
        Vec::new()
    };
    Some(Field {
        response_key: format!("r{at}"),
        name: field.name.clone(),
        arguments,
        ty: model.ty(field),
        selections: selections(model, value, depth + 1, dice),
        defers: Vec::new(),
        stream: None,
        location: Location::default(),
    })
}

fn selections(model: &Model, value: ValueModel, depth: usize, dice: &mut Dice) -> Vec<Selection> {
    let mut of = |object: usize| Selection {
        type_name: ValueModel::Object(object).type_name(),
        fields: selection(model, &model.objects[object].fields, depth, dice),
        begins: Vec::new(),
    };
    match value {
        ValueModel::Object(object) => vec![of(object)],
        ValueModel::Union(union) => model.unions[union].iter().copied().map(of).collect(),
        _ => Vec::new(),
    }
}

fn typename(at: usize) -> Field {
    Field {
        response_key: format!("r{at}"),
        name: "__typename".to_owned(),
        arguments: Vec::new(),
        ty: Type::NonNull(Box::new(Type::Named("String".to_owned()))),
        selections: Vec::new(),
        defers: Vec::new(),
        stream: None,
        location: Location::default(),
    }
}

/// The operation as a person would write it.
pub(super) fn text(fields: &[Field]) -> String {
    let field = |field: &Field| {
        let arguments = match field.arguments.first() {
            Some((name, value)) => format!("({name}: {value:?})"),
            None => String::new(),
        };
        let inside = field.selections.iter().map(|selection| {
            let begins: String = selection.begins.iter().map(|id| format!(" +{}", id.0)).collect();
            format!(" ... on {}{begins} {}", selection.type_name, text(&selection.fields))
        });
        let ty = ty_text(&field.ty);
        let defers: String = field.defers.iter().map(|id| format!(" @{}", id.0)).collect();
        format!(
            "{}: {}{arguments} /* {ty} */{defers}{}",
            field.response_key,
            field.name,
            inside.collect::<String>()
        )
    };
    format!("{{ {} }}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
}

fn ty_text(ty: &Type) -> String {
    match ty {
        Type::Named(name) => name.clone(),
        Type::List(item) => format!("[{}]", ty_text(item)),
        Type::NonNull(inner) => format!("{}!", ty_text(inner)),
    }
}
