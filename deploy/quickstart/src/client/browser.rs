//! The person's browser: it keeps cookies, follows pages and fills in forms.

use std::collections::BTreeMap;

use standin::demo::Person;
use url::Url;

use super::{
    REDIRECT_URI,
    page::{Form, form, form_to, refresh},
    step::{Answer, Step, Voice, client},
};
use crate::{Error, House};

pub(super) struct Browser {
    http: reqwest::Client,
    voice: Voice,
    gateway: String,
    peaka: String,
    /// By host and port, then by name.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    at: Option<Url>,
}

impl Browser {
    pub(super) fn new(house: &House, voice: Voice) -> Result<Self, Error> {
        Ok(Self {
            http: client()?,
            voice,
            gateway: house.public_url().to_owned(),
            peaka: house.peaka_url().to_owned(),
            cookies: BTreeMap::new(),
            at: None,
        })
    }

    /// Goes from the authorization request to the client's redirect URI, which it returns.
    pub(super) async fn sign_in_and_allow(&mut self, authorize: &str, person: &Person) -> Result<Url, Error> {
        let step = Step::new(self.voice, "The browser opens; our page says who asks");
        let page = self.open(&step, authorize).await?;
        step.expect(page.status == 200 && page.body.contains("Tour"), "the page names the client")?;

        let step = Step::new(self.voice, "The person presses \"Continue with Peaka\"");
        let page = self.submit(&step, &form(&page.body)?, &[]).await?;
        let peaka = refresh(&page.body).ok_or("the page does not go on to Peaka")?;
        step.expect(peaka.starts_with(&self.peaka), "the browser goes on to Peaka")?;

        let step = Step::new(self.voice, "The person signs in to Peaka");
        let page = self.open(&step, &peaka).await?;
        let credentials = [("email", person.email), ("password", person.password)];
        let page = self.submit(&step, &form(&page.body)?, &credentials).await?;
        let page = self.follow(&step, page).await?;

        let step = Step::new(self.voice, "Peaka asks whether the gateway may act for them");
        let page = self.submit(&step, &form(&page.body)?, &[("decision", "authorize")]).await?;
        let page = self.follow(&step, page).await?;
        let consent = self.at.as_ref().is_some_and(|at| at.as_str().starts_with(&self.gateway));
        step.expect(consent && page.body.contains(person.email), "our consent page names the person")?;

        let step = Step::new(self.voice, "The person allows it");
        let page = self.submit(&step, &form_to("approve", &page.body)?, &[("decision", "approve")]).await?;
        let callback = refresh(&page.body).ok_or("the page does not go back to the client")?;
        step.expect(callback.starts_with(REDIRECT_URI), "the browser goes back to the client")?;
        Ok(Url::parse(&callback)?)
    }

    async fn open(&mut self, step: &Step, url: &str) -> Result<Answer, Error> {
        let url = Url::parse(url)?;
        let request = self.with_cookies(self.http.get(url.clone()), &url);
        let answer = step.send(request).await?;
        self.arrive(url, &answer);
        self.follow(step, answer).await
    }

    async fn submit(&mut self, step: &Step, form: &Form, more: &[(&str, &str)]) -> Result<Answer, Error> {
        let here = self.at.as_ref().ok_or("no page is open")?;
        let url = here.join(&form.action)?;
        let fields: Vec<(&str, &str)> = form
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .chain(more.iter().copied())
            .collect();
        let request = self.http.post(url.clone()).header("sec-fetch-site", "same-origin").form(&fields);
        let request = self.with_cookies(request, &url);
        let answer = step.send(request).await?;
        self.arrive(url, &answer);
        Ok(answer)
    }

    async fn follow(&mut self, step: &Step, mut answer: Answer) -> Result<Answer, Error> {
        for _ in 0..10 {
            let Some(location) = answer.headers.get("location") else { return Ok(answer) };
            let here = self.at.as_ref().ok_or("no page is open")?;
            let url = here.join(location.to_str()?)?;
            let request = self.with_cookies(self.http.get(url.clone()), &url);
            answer = step.send(request).await?;
            self.arrive(url, &answer);
        }
        Err("the pages redirect in a circle".into())
    }

    fn with_cookies(&self, request: reqwest::RequestBuilder, url: &Url) -> reqwest::RequestBuilder {
        let Some(cookies) = self.cookies.get(url.authority()) else { return request };
        let header =
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        request.header("cookie", header)
    }

    fn arrive(&mut self, url: Url, answer: &Answer) {
        let jar = self.cookies.entry(url.authority().to_owned()).or_default();
        for cookie in answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()) {
            if let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        self.at = Some(url);
    }
}
