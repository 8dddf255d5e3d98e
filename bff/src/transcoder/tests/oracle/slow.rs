//! The same answer by way of prost and a tree: slow and obvious.

use super::*;

/// Through text, as what we write is read: serde_json does not always read the nearest double.
pub(super) fn float64(number: f64) -> Json {
    if number.is_finite() {
        serde_json::from_str(&format!("{number:?}")).unwrap()
    } else {
        Json::Null
    }
}

/// A float is the shortest text that reads back as this float.
pub(super) fn float32(number: f32) -> Json {
    if number.is_finite() {
        serde_json::from_str(&format!("{number:?}")).unwrap()
    } else {
        Json::Null
    }
}

pub(super) fn int(number: i128) -> Json {
    i32::try_from(number).map_or(Json::Null, |number| json!(number))
}

pub(super) fn text<T: ToString + ?Sized>(number: &T) -> Json {
    Json::String(number.to_string())
}

pub(super) fn pair(pair: &Pair) -> Json {
    json!({ "a": pair.a, "b": pair.b })
}

pub(super) fn pair_entry((key, it): (&i32, &Pair)) -> Json {
    json!({ "key": key, "value": pair(it), "flat": it.a })
}

pub(super) fn nest(nest: &Nest) -> Json {
    json!({ "pair": nest.pair.as_ref().map(pair), "c": text(&nest.c) })
}

/// The days since 1970 as a date, year by year.
pub(super) fn moment(moment: &Moment) -> Json {
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_300_799;
    if !(FIRST..=LAST).contains(&moment.seconds) || !(0..1_000_000_000).contains(&moment.nanos) {
        return Json::Null;
    }
    let mut days = (moment.seconds - FIRST) / 86_400;
    let second = (moment.seconds - FIRST) % 86_400;
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let mut year = 1;
    while days >= 365 + i64::from(leap(year)) {
        days -= 365 + i64::from(leap(year));
        year += 1;
    }
    let months = [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= months[month] {
        days -= months[month];
        month += 1;
    }
    let mut fraction = match moment.nanos {
        0 => String::new(),
        nanos => format!(".{nanos:09}"),
    };
    while fraction.ends_with("000") {
        fraction.truncate(fraction.len() - 3);
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let (month, day) = (month + 1, days + 1);
    text(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"))
}

/// The same answer by way of prost and a tree: slow and obvious.
pub(super) fn slow(item: &Item, depth: usize) -> Json {
    let color = match item.color {
        0 => json!("RED"),
        1 => json!("BLUE"),
        -1 => json!("MINUS"),
        _ => Json::Null,
    };
    let flat = item.flat.as_ref();
    let flat_pair = flat.and_then(|flat| flat.pair.as_ref());
    let mut json = json!({
        "far": item.far,
        "flatA": flat_pair.map(|pair| &pair.a),
        "int32": item.int32,
        "int64": text(&item.int64),
        "uint32": int(item.uint32.into()),
        "uint64": text(&item.uint64),
        "sint32": item.sint32,
        "sint64": int(item.sint64.into()),
        "fixed32": text(&item.fixed32),
        "fixed64": text(&item.fixed64),
        "sfixed32": item.sfixed32,
        "sfixed64": text(&item.sfixed64),
        "float": float32(item.float),
        "double": float64(item.double),
        "boolean": item.boolean,
        "string": item.string,
        "bytes": base64_simd::STANDARD.encode_to_string(&item.bytes),
        "color": color,
        "maybeInt": item.maybe_int,
        "maybeString": item.maybe_string,
        "maybeDouble": item.maybe_double.map_or(Json::Null, float64),
        "ints": item.ints,
        "sints": item.sints.iter().map(text).collect::<Vec<_>>(),
        "doubles": item.doubles.iter().map(|number| float64(*number)).collect::<Vec<_>>(),
        "strings": item.strings,
    });
    let rest = json!({
        "counts": item.counts,
        "pairs": item.pairs.iter().map(|(key, it)| (key.to_string(), pair(it))).collect::<Json>(),
        "choice": match &item.choice {
            None => Json::Null,
            Some(Choice::Pair(it)) => pair(it),
            Some(Choice::Nest(it)) => nest(it),
        },
        "moment": item.moment.as_ref().map_or(Json::Null, moment),
        "wrapped": item.wrapped.as_ref().map(text),
        "flat": flat.map(nest),
        "flatB": flat_pair.map(|pair| pair.b),
        "flatC": flat.map(|flat| text(&flat.c)),
        "text": match &item.mixed { Some(Mixed::Text(text)) => json!(text), _ => Json::Null },
        "number": match &item.mixed { Some(Mixed::Number(number)) => json!(number), _ => Json::Null },
        "pair": match &item.mixed { Some(Mixed::Pair(it)) => pair(it), _ => Json::Null },
        "countEntries": item.counts.iter().map(|(key, value)| json!({"key": key, "value": value})).collect::<Json>(),
        "pairEntries": item.pairs.iter().map(pair_entry).collect::<Json>(),
        "fixed": item.fixed.iter().map(text).collect::<Vec<_>>(),
    });
    let fields = json.as_object_mut().unwrap();
    fields.extend(rest.as_object().unwrap().clone());
    if depth > 0 {
        let child = item.child.as_ref().map(|child| slow(child, depth - 1));
        fields.insert("child".to_owned(), json!(child));
        let children: Vec<_> = item.children.iter().map(|child| slow(child, depth - 1)).collect();
        fields.insert("children".to_owned(), json!(children));
    }
    json
}

/// A map has no order.
pub(super) fn sort_entries(json: &mut Json) {
    match json {
        Json::Object(fields) => {
            for (key, value) in fields {
                if let (true, Json::Array(entries)) = (key.ends_with("Entries"), &mut *value) {
                    entries.sort_by(|one, other| {
                        let key = |entry: &Json| {
                            (entry["key"].as_i64(), entry["key"].as_str().map(str::to_owned))
                        };
                        key(one).cmp(&key(other))
                    });
                }
                sort_entries(value);
            }
        }
        Json::Array(items) => items.iter_mut().for_each(sort_entries),
        _ => {}
    }
}
