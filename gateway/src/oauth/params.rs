//! Request parameters, read as strictly as RFC 6749 §3.1 and §3.2 ask: none may come twice, an empty one counts as
//! omitted, and a body is a form or it is refused.

use axum::{
    body::Body,
    extract::{FromRequest, Request},
};
use http::header;
use http_body_util::{BodyExt as _, Limited};

use super::error::OAuthError;

/// A form or query is not read beyond this.
pub(crate) const MAX_FORM_BYTES: usize = 16 * 1024;
const MAX_PARAMETERS: usize = 64;

/// Parameters of a request, each at most once; `resource` may repeat (RFC 8707 §2).
#[derive(Debug)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// From a query or form.
    pub(crate) fn parse(encoded: &[u8]) -> Result<Self, OAuthError> {
        let params = Self::parse_lists(encoded)?;
        let mut names: Vec<&str> =
            params.0.iter().map(|(name, _)| name.as_str()).filter(|name| *name != "resource").collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(OAuthError::InvalidRequest("a parameter is there twice".into()));
        }
        Ok(params)
    }

    /// From a form of our own pages, where checkboxes share a name.
    pub(crate) fn parse_lists(encoded: &[u8]) -> Result<Self, OAuthError> {
        if encoded.len() > MAX_FORM_BYTES {
            return Err(OAuthError::TooLarge);
        }
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(encoded)
            .filter(|(_, value)| !value.is_empty())
            .take(MAX_PARAMETERS * 4)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        if pairs.len() > MAX_PARAMETERS * 3 {
            return Err(OAuthError::InvalidRequest("there are too many parameters".into()));
        }
        Ok(Self(pairs))
    }

    /// A parameter's value.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// The parameters as a form, but for those of these names.
    pub(crate) fn encode_without(&self, names: &[&str]) -> String {
        let kept = self.0.iter().filter(|(have, _)| !names.contains(&have.as_str()));
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish()
    }

    /// The same with one more.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A parameter that must be there.
    pub(crate) fn require(&self, name: &'static str) -> Result<&str, OAuthError> {
        self.get(name)
            .ok_or_else(|| OAuthError::InvalidRequest(format!("the parameter {name} is missing").into()))
    }
}

/// The raw body of a form post.
pub(crate) struct FormBody(pub(crate) Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for FormBody {
    type Rejection = OAuthError;

    async fn from_request(request: Request, _: &S) -> Result<Self, OAuthError> {
        let form = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"));
        if !form {
            return Err(OAuthError::InvalidRequest(
                "the body must be application/x-www-form-urlencoded".into(),
            ));
        }
        read(request.into_body()).await.map(Self)
    }
}

/// Reads a body of at most [`MAX_FORM_BYTES`].
pub(crate) async fn read(body: Body) -> Result<Vec<u8>, OAuthError> {
    match Limited::new(body, MAX_FORM_BYTES).collect().await {
        Ok(collected) => Ok(collected.to_bytes().to_vec()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(OAuthError::TooLarge),
        Err(_) => Err(OAuthError::InvalidRequest("the body could not be read".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_comes_twice_but_resource() {
        assert!(matches!(Params::parse(b"a=1&b=2&a=1"), Err(OAuthError::InvalidRequest(_))));
        let params = Params::parse(b"resource=x&resource=y&empty=&b=%20").unwrap();
        assert_eq!(params.all("resource").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(params.get("empty"), None);
        assert_eq!(params.get("b"), Some(" "));
        // One that is empty counts as omitted, so it is not a second one.
        assert_eq!(Params::parse(b"a=&a=1").unwrap().get("a"), Some("1"));
    }

    #[test]
    fn endless_forms_are_refused() {
        let many: String = (0..1000).map(|i| format!("p{i}=1&")).collect();
        assert!(matches!(Params::parse(many.as_bytes()), Err(OAuthError::InvalidRequest(_))));
        assert!(matches!(Params::parse(&vec![b'a'; MAX_FORM_BYTES + 1]), Err(OAuthError::TooLarge)));
    }
}
