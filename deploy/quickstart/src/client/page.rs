//! Reads the little HTML that the tour needs from pages of ours and of the stand-in.

use crate::Error;

/// A form, as a browser without scripts would send it.
pub(super) struct Form {
    pub(super) action: String,
    pub(super) fields: Vec<(String, String)>,
}

/// The first form of a page, with its hidden fields and what is ticked.
pub(super) fn form(html: &str) -> Result<Form, Error> {
    read(html.split("<form").nth(1).ok_or("the page has no form")?)
}

/// The form of a page that has a button of this value.
pub(super) fn form_to(value: &str, html: &str) -> Result<Form, Error> {
    let button =
        |form: &&str| tags(form, "button").any(|tag| attribute(tag, "value").as_deref() == Some(value));
    read(html.split("<form").skip(1).find(button).ok_or("the page has no such button")?)
}

fn read(form: &str) -> Result<Form, Error> {
    let html = &format!("<form{}", form.split("</form>").next().unwrap_or_default());
    let action = attribute(tags(html, "form").next().unwrap_or_default(), "action").unwrap_or_default();
    let fields = tags(html, "input")
        .filter(|tag| match attribute(tag, "type").as_deref() {
            Some("hidden") => true,
            Some("checkbox" | "radio") => tag.contains(" checked"),
            _ => false,
        })
        .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default())))
        .collect();
    Ok(Form { action, fields })
}

/// Where a page navigates to by itself.
pub(super) fn refresh(html: &str) -> Option<String> {
    let content =
        tags(html, "meta").filter(|tag| tag.contains("refresh")).find_map(|tag| attribute(tag, "content"))?;
    content.split_once("url=").map(|(_, url)| url.to_owned())
}

fn tags<'a>(html: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    html.split('<').filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag).filter(move |tag| {
        tag.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    Some(unescape(tag[start..].split('"').next()?))
}

fn unescape(text: &str) -> String {
    [
        ("&#38;", "&"),
        ("&amp;", "&"),
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_and_a_refresh() {
        let html = r#"<meta http-equiv="refresh" content="0;url=http://a/?b=1&#38;c=2">
            <form method="post" action="/x"><input type="hidden" name="h" value="1&#34;">
            <input type="checkbox" name="s" value="r" checked><input type="checkbox" name="s" value="w">
            <input name="email"></form>"#;
        assert_eq!(refresh(html).as_deref(), Some("http://a/?b=1&c=2"));
        let form = form(html).unwrap();
        assert_eq!(form.action, "/x");
        assert_eq!(form.fields, [("h".into(), "1\"".into()), ("s".into(), "r".into())]);
    }
}
