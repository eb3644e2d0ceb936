//! The Trino type of an expression, where it can be told without running it.

use sqlparser::ast::{
    BinaryOperator, DataType, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Value,
};

use super::scope::{OutColumn, Scope};

/// The column that `expr` names, if it names one and only one.
pub(super) fn column<'s>(expr: &Expr, scope: &'s Scope) -> Option<&'s OutColumn> {
    let (table, name) = match expr {
        Expr::Nested(inner) => return column(inner, scope),
        Expr::Identifier(name) => (None, &name.value),
        Expr::CompoundIdentifier(parts) => {
            let [.., table, name] = parts.as_slice() else { return None };
            (Some(table.value.to_lowercase()), &name.value)
        }
        _ => return None,
    };
    scope
        .iter()
        .filter(|(of, _)| table.as_ref().is_none_or(|table| table == of))
        .flat_map(|(_, columns)| columns)
        .find(|column| column.name.eq_ignore_ascii_case(name))
}

/// The type of `expr`; `None` = unknown, the values will tell.
pub(super) fn data_type(expr: &Expr, scope: &Scope) -> Option<String> {
    let known = |name: &str| Some(name.to_owned());
    if let Some(column) = column(expr, scope) {
        return column.data_type.clone();
    }
    match expr {
        Expr::Nested(inner) | Expr::UnaryOp { expr: inner, .. } if !is_not(expr) => data_type(inner, scope),
        Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::IsFalse(_)
        | Expr::IsNotTrue(_)
        | Expr::IsNotFalse(_)
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. }
        | Expr::Exists { .. }
        | Expr::UnaryOp { .. } => known("boolean"),
        Expr::Value(value) => match &value.value {
            Value::Boolean(_) => known("boolean"),
            Value::Number(number, _) if number.contains(['.', 'e', 'E']) => known("double"),
            Value::Number(..) => known("integer"),
            Value::Null => known("unknown"),
            Value::SingleQuotedString(text) => Some(format!("varchar({})", text.chars().count())),
            _ => None,
        },
        Expr::TypedString(typed) => Some(type_name(&typed.data_type)),
        Expr::Cast { data_type, .. } => Some(type_name(data_type)),
        Expr::Case { conditions, .. } => conditions.first().and_then(|first| data_type(&first.result, scope)),
        Expr::BinaryOp { left, op, right } => binary(op, data_type(left, scope), data_type(right, scope)),
        Expr::Extract { .. } => known("bigint"),
        Expr::Function(function) => {
            let first = match &function.args {
                FunctionArguments::List(list) => list.args.iter().find_map(argument),
                _ => None,
            };
            let argument = first.and_then(|first| data_type(first, scope));
            call(&function.name.to_string().to_lowercase(), argument)
        }
        _ => None,
    }
}

fn is_not(expr: &Expr) -> bool {
    matches!(expr, Expr::UnaryOp { op: sqlparser::ast::UnaryOperator::Not, .. })
}

fn argument(argument: &FunctionArg) -> Option<&Expr> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    }
}

fn binary(op: &BinaryOperator, left: Option<String>, right: Option<String>) -> Option<String> {
    use BinaryOperator as Op;
    match op {
        Op::And | Op::Or | Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq => {
            Some("boolean".to_owned())
        }
        Op::StringConcat => Some("varchar".to_owned()),
        Op::Plus | Op::Minus | Op::Multiply | Op::Divide | Op::Modulo => {
            if left.as_deref() == Some("double") || right.as_deref() == Some("double") {
                return Some("double".to_owned());
            }
            left
        }
        _ => None,
    }
}

fn call(name: &str, argument: Option<String>) -> Option<String> {
    let fixed = match name {
        "count" | "length" | "row_number" | "rank" | "dense_rank" | "approx_distinct" | "count_if"
        | "year" | "month" | "day" | "hour" | "minute" | "quarter" | "strpos" | "day_of_week"
        | "date_diff" => "bigint",
        "avg" => "double",
        "lower" | "upper" | "trim" | "ltrim" | "rtrim" | "substr" | "substring" | "concat" | "replace"
        | "date_format" | "listagg" | "current_user_props" => "varchar",
        "current_date" | "date" => "date",
        "now" | "current_timestamp" | "localtimestamp" => "timestamp(6)",
        "bool_and" | "bool_or" | "every" => "boolean",
        "sum" | "min" | "max" | "coalesce" | "nullif" | "abs" | "round" | "date_trunc" | "arbitrary"
        | "any_value" | "greatest" | "least" | "lag" | "lead" | "first_value" | "last_value" => {
            return match (name, argument.as_deref()) {
                ("sum", Some("integer")) => Some("bigint".to_owned()),
                _ => argument,
            };
        }
        _ => return None,
    };
    Some(fixed.to_owned())
}

fn type_name(data_type: &DataType) -> String {
    let name = data_type.to_string().to_lowercase();
    match name.as_str() {
        "int" => "integer".to_owned(),
        "double precision" => "double".to_owned(),
        "timestamp" => "timestamp(3)".to_owned(),
        _ => name,
    }
}
