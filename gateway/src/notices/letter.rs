//! What a mail says. Whoever controls a client also chose what it is called: none of that is in a header, nor in a form
//! that a mail program makes a link of.

use chrono::DateTime;
use shared::assertion::Projects;

use crate::{
    domain::{client::ClientOrigin, grant::Grant, session::Session},
    store::AuditRow,
    words::Words,
};

/// A mail, as far as words go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) text: String,
}

/// The letter to the person of `session` about `event`. `account` is where connections are ended.
pub(super) fn write(w: &Words, event: &AuditRow, session: &Session, account: &str) -> Letter {
    let (theft, email) = (event.kind != "session_began", &session.email);
    let what = match event.kind.as_str() {
        "refresh_reused" => w.say("mail.refresh_reused", "email", email),
        "code_replayed" => w.say("mail.code_replayed", "email", email),
        _ if by_enterprise(event) => w.say("mail.began_by_enterprise", "email", email),
        _ => w.say("mail.began", "email", email),
    };
    let subject = if theft { w.t("mail.theft_subject") } else { w.t("mail.began_subject") };
    let then = if theft { w.t("mail.theft_then") } else { w.t("mail.began_then") };
    let scopes: Vec<&str> =
        session.scopes.iter().map(|scope| w.t(&format!("scopes.{scope}.title"))).collect();
    let at = DateTime::from_timestamp(event.at.seconds(), 0)
        .map_or_else(String::new, |at| at.format("%Y-%m-%d %H:%M UTC").to_string());
    let mut facts = vec![
        w.say("mail.app", "app", app(w, session)),
        if theft {
            w.say("mail.might", "scopes", scopes.join(", "))
        } else {
            w.say("mail.may", "scopes", scopes.join(", "))
        },
        w.say("mail.where", "projects", projects(w, &session.projects)),
        w.say("mail.when", "at", at),
    ];
    if let Some(origin) = event.origin_told() {
        facts.push(w.say("mail.from", "origin", origin));
    }
    let paragraphs = [
        w.t("mail.hello").to_owned(),
        what,
        facts.join("\n"),
        format!("{then}\n{account}"),
        w.t("mail.by_itself").to_owned(),
    ];
    Letter { subject: subject.to_owned(), text: paragraphs.join("\n\n") + "\n" }
}

/// Whether nobody sat at a browser: the event says by which grant.
fn by_enterprise(event: &AuditRow) -> bool {
    event.detail.as_deref().is_some_and(|detail| detail.starts_with(Grant::IdJag.as_str()))
}

/// Who it is: what is proven, or what it merely says.
fn app(w: &Words, session: &Session) -> String {
    let name = Some(harmless(&session.client_name)).filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| w.t("events.an_app").to_owned());
    match ClientOrigin::of_id(&session.client_id) {
        ClientOrigin::Document { host } => {
            w.fill("mail.published_by", &[("app", &name), ("host", &host.replace('.', " . "))])
        }
        ClientOrigin::Operator => w.say("mail.of_operator", "app", name),
        ClientOrigin::Registered => w.say("mail.calls_itself", "app", name),
    }
}

fn projects(w: &Words, projects: &Projects) -> String {
    match projects {
        Projects::All => w.t("ask.in_all_projects").to_owned(),
        Projects::Only(ids) => w.say("ask.in_some_projects", "number", ids.len()),
    }
}

/// A name without what makes an address of words: only letters, digits and a few marks are left, and no digits in a number
/// that could be dialled.
fn harmless(name: &str) -> String {
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '(' | ')' | '&' | '\'');
    let can_be_dialled = name.chars().filter(|c| c.is_numeric()).count() > 6;
    let text: String =
        name.chars().map(|c| if kept(c) && !(can_be_dialled && c.is_numeric()) { c } else { ' ' }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use shared::{clock::Timestamp, scope::Scopes};

    use super::*;
    use crate::words::Language;

    const AT: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn text(language: Language, kind: &str, client_id: &str, detail: &str) -> String {
        let event = AuditRow {
            id: "event".to_owned(),
            at: AT,
            kind: kind.to_owned(),
            outcome: None,
            subject: None,
            client_id: None,
            client_name: None,
            session_id: None,
            origin: Some("2001:db8::/64".to_owned()),
            detail: Some(detail.to_owned()),
        };
        let session = Session {
            id: "session".to_owned(),
            subject: "subject".to_owned(),
            email: "ada@example.com".to_owned(),
            client_id: client_id.to_owned(),
            client_name: "My app".to_owned(),
            redirect_uri: String::new(),
            scopes: Scopes::ALL,
            projects: Projects::Only(["a".to_owned(), "b".to_owned()].into()),
            resource: String::new(),
            generation: 1,
            key_thumbprint: None,
            credential_id: String::new(),
            created_at: AT,
            refreshed_at: AT,
            idle_expires_at: AT,
            expires_at: AT,
            revoked_at: None,
        };
        let letter = write(Words::of(language), &event, &session, "https://mcp.example/account");
        format!("{}\n\n{}", letter.subject, letter.text)
    }

    #[test]
    fn a_new_connection() {
        let text = text(Language::English, "session_began", "https://app.example/client", "");
        insta::assert_snapshot!(text, @"
        An app was connected to your Peaka account

        Hello,

        an app was connected to your Peaka account ada@example.com.

        App: My app, published by app . example
        It may: See your data catalog, Run queries, Make changes
        Where: In the projects that you picked (2)
        When: 2027-01-15 08:00 UTC
        From: 2001:db8::/64

        If this is as you want it, there is nothing to do. If not, end the connection here:
        https://mcp.example/account

        This mail was sent by a machine. Nobody reads answers to it.
        ");
    }

    #[test]
    fn a_theft_in_turkish() {
        let text = text(Language::Turkish, "refresh_reused", "pkm_client_x", "");
        insta::assert_snapshot!(text, @"
        Güvenlik: bir uygulamanın Peaka hesabınızla bağlantısı kesildi

        Merhaba,

        Bir uygulamanın ada@example.com Peaka hesabınızla bağlantısı kesildi, çünkü eski bir belirteci yeniden kullanıldı: biri onu kopyalamış olabilir.

        Uygulama: doğrulanmamış, kendine “My app” diyor
        Yapabildikleri: Veri kataloğunuzu görmek, Sorgu çalıştırmak, Değişiklik yapmak
        Nerede: Seçtiğiniz projelerde (2)
        Ne zaman: 2027-01-15 08:00 UTC
        Nereden: 2001:db8::/64

        Uygulamanın artık erişimi yok. Bunun nedenini bilmiyorsanız yöneticinize haber verin ve hâlâ bağlı olan uygulamaları gözden geçirin:
        https://mcp.example/account

        Bu ileti otomatik olarak gönderildi. Yanıtlar okunmaz.
        ");
    }

    #[test]
    fn who_connected_it_and_who_vouches_for_it() {
        let detail = format!("{}: peaka:read", Grant::IdJag.as_str());
        let text = text(Language::English, "session_began", "reports", &detail);
        assert!(text.contains("your organization connected an app"), "{text}");
        assert!(text.contains("My app, registered by the operator of the server\n"), "{text}");
    }

    #[test]
    fn no_name_makes_a_link() {
        for (name, shown) in [
            ("Claude", "Claude"),
            ("Çınar's app (beta)", "Çınar's app (beta)"),
            ("see https://evil.example/x?y=z now", "see https evil example x y z now"),
            ("evil.example", "evil example"),
            ("evil。example", "evil example"),
            ("a@evil.example", "a evil example"),
            ("mailto:a", "mailto a"),
            ("<b>x</b>\r\nBcc: a", "b x b Bcc a"),
            ("call +1 800 555-0199", "call -"),
            ("\u{202e}x\u{200b}y", "x y"),
            ("...", ""),
        ] {
            assert_eq!(harmless(name), shown, "{name}");
        }
    }
}
