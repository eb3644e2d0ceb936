//! Everything that can be wrong, by name, with its cure.

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// A client cannot be connected, or loses its connection.
    Fault,
    /// It works today, for these clients.
    Warning,
}

macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident = $name:literal, $severity:ident, $cure:literal;)+) => {
        /// What is wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[$doc])* $fault,)+
        }

        impl Fault {
            /// All of them, in the order in which they are told.
            pub const ALL: &[Self] = &[$(Self::$fault,)+];

            /// What it is called.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$fault => $name,)+ }
            }

            /// How bad it is.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$fault => Severity::$severity,)+ }
            }

            /// What to do.
            pub const fn cure(self) -> &'static str {
                match self { $(Self::$fault => $cure,)+ }
            }
        }
    };
}

faults! {
    /// Plain http to another machine.
    PlainHttp = "plain-http", Fault,
        "Serve it over https: clients send no token over plain http, other than to the machine they run on.";
    /// The plain port answers with content.
    PlainHttpAnswered = "plain-http-answered", Warning,
        "Let port 80 answer with a permanent redirect to https, or not at all.";
    /// The certificate is over, or not yet begun.
    CertificateExpired = "certificate-expired", Fault,
        "Renew the certificate, and find out why it was not renewed by itself. If it is in date, set this machine's clock.";
    /// The certificate is for another name.
    CertificateName = "certificate-name", Fault,
        "Get a certificate whose names include the host that people paste; look whether the right one is chosen by SNI.";
    /// Nobody known has issued the certificate.
    CertificateUntrusted = "certificate-untrusted", Fault,
        "Serve the whole chain, intermediate certificates included, from a public authority: hosted clients know no \
         private one. For an authority of your own, which only clients of your house know, pass it with --ca.";
    /// TLS fails in another way.
    TlsRefused = "tls-refused", Fault,
        "Offer TLS 1.2 and 1.3 with usual ciphers, and demand no certificate of the client.";
    /// The certificate is over soon.
    CertificateEndsSoon = "certificate-ends-soon", Warning,
        "Renew it now; automatic renewal should have done so.";
    /// One version of HTTP does not work.
    ProtocolBroken = "protocol-broken", Fault,
        "Mend or switch off the broken version of HTTP at the load balancer: clients differ in which they speak.";
    /// Clocks differ.
    ClockSkew = "clock-skew", Fault,
        "Synchronize the clocks (NTP) of the gateway's machines, or of this one: tokens live for minutes, and signed \
         assertions for seconds.";
    /// Something before us answers for us.
    Firewall = "firewall", Fault,
        "The answer is a web page that the gateway did not write. Exempt the gateway's paths from bot protection, \
         challenges and managed rules of the CDN or firewall in front; see deploy/runbooks/hosted-clients.md.";
    /// Only some programs are let through.
    AgentBlocked = "agent-blocked", Fault,
        "A browser is let through and this client's program is not: drop the rule on user agents (\"block AI bots\", \
         \"bad bots\") for the gateway's host; see deploy/runbooks/hosted-clients.md.";
    /// A request got no answer.
    NoAnswer = "no-answer", Fault,
        "Look into the load balancer's and the gateway's logs for that time; a rule may drop such requests in silence.";
    /// The gateway or what is before it is down.
    Outage = "outage", Fault,
        "Look at the gateway's /readyz on its internal listener; the runbooks in deploy/runbooks say what to do.";
    /// Too many requests.
    Limited = "limited", Fault,
        "Requests from here are limited at this moment; wait a minute and ask again. If all addresses look the same to the \
         gateway, set GATEWAY_TRUSTED_PROXIES.";
    /// A sign-in page where the challenge should be.
    LoginPage = "login-page", Fault,
        "Take /mcp out of what the proxy's own sign-in (SSO, access policy) protects: the client must see the gateway's \
         401, not a redirect.";
    /// A redirect where an answer should be.
    Redirected = "redirected", Fault,
        "Answer at the very URL: clients do not follow redirects with a token or a form. Mend rewriting of slashes, hosts \
         and schemes at the proxy.";
    /// No 401.
    NoRefusal = "no-refusal", Fault,
        "An unauthenticated request to /mcp must get the gateway's 401. Look where the path leads: another service or a \
         page answers.";
    /// 401 without a challenge.
    NoChallenge = "no-challenge", Fault,
        "Let the header WWW-Authenticate of the gateway's 401 through: some proxies drop or replace it.";
    /// A challenge without the address of the metadata.
    ChallengeWithoutMetadata = "challenge-without-metadata", Fault,
        "The challenge should name resource_metadata: it was replaced on the way, or is of another server.";
    /// The challenge leads elsewhere.
    ChallengeElsewhere = "challenge-elsewhere", Fault,
        "Set GATEWAY_PUBLIC_URL to the origin that people paste, byte for byte, and restart the gateway.";
    /// No challenge for GET.
    GetRefused = "get-refused", Fault,
        "A GET of /mcp without a token must be answered with the same 401 as a POST: let all methods through.";
    /// The token does not arrive.
    AuthorizationStripped = "authorization-stripped", Fault,
        "Let the request header Authorization through to the gateway; some proxies keep it for themselves.";
    /// Answers are kept on the way.
    Cached = "cached", Fault,
        "Switch caching off for the gateway's host but for what it marks as public: an answer for one client is given to \
         another.";
    /// Answers are not of the type that the gateway gave them.
    ContentType = "content-type", Fault,
        "Leave the header Content-Type as the gateway sets it: clients choose by it how to read an answer.";
    /// Answers are compressed on the way.
    Compressed = "compressed", Warning,
        "Switch compression off for /mcp: a compressing proxy holds events back until it has enough of them.";
    /// Events do not arrive one by one.
    StreamBuffered = "stream-buffered", Fault,
        "Switch response buffering off for the gateway (nginx: proxy_buffering off; others: streaming or flush on each \
         write): events must leave when they are written.";
    /// No metadata of the resource.
    MetadataMissing = "metadata-missing", Fault,
        "Route everything below /.well-known/ on the gateway's host to the gateway.";
    /// Only one of two places.
    MetadataFormMissing = "metadata-form-missing", Fault,
        "Serve the protected-resource metadata at both places, with and without the resource's path: clients differ in \
         which they ask. Route everything below /.well-known/ to the gateway.";
    /// The metadata is of another resource.
    ResourceMismatch = "resource-mismatch", Fault,
        "Clients compare the metadata's resource with the URL they were given and stop if it differs, be it by a slash. \
         Set GATEWAY_PUBLIC_URL to the origin that people paste, and let nothing rewrite the document.";
    /// The metadata names no issuer.
    NoIssuer = "no-issuer", Fault,
        "The metadata should name its authorization_servers: the document is of another server, or was rewritten.";
    /// No metadata of the authorization server.
    ServerMetadataMissing = "server-metadata-missing", Fault,
        "Route /.well-known/oauth-authorization-server on the issuer's host to the gateway.";
    /// Only one of two places.
    ServerMetadataFormMissing = "server-metadata-form-missing", Warning,
        "Route /.well-known/openid-configuration to the gateway, too: some clients look only there.";
    /// The issuer is called differently.
    IssuerMismatch = "issuer-mismatch", Fault,
        "The issuer must be the same text everywhere, without a trailing slash. Set GATEWAY_PUBLIC_URL to the origin that \
         people paste, and let nothing rewrite the documents.";
    /// The metadata lacks what a client needs.
    ServerMetadataIncomplete = "server-metadata-incomplete", Fault,
        "The gateway's metadata has these members: the document is of another server, was rewritten, or GATEWAY_GRANTS \
         leaves the authorization code out.";
    /// The preflight of a page fails.
    PreflightRefused = "preflight-refused", Fault,
        "Let OPTIONS requests and the Access-Control-* headers of the gateway through; let the proxy not answer \
         preflights itself. For a page of your own add its origin to GATEWAY_ALLOWED_ORIGINS.";
    /// A page may not read the answer.
    NotReadable = "not-readable", Fault,
        "Let the gateway's Access-Control-Allow-Origin and Access-Control-Expose-Headers through, once each.";
    /// Nothing to register with.
    NoRegistration = "no-registration", Fault,
        "The metadata offers neither registration nor client documents: leave registration_endpoint in it.";
    /// Registration is refused.
    RegistrationRefused = "registration-refused", Fault,
        "Registration should answer 201 with JSON: route POST /oauth/register to the gateway, and let its JSON body through.";
    /// Registration answers with what strict clients refuse.
    RegistrationAnswer = "registration-answer", Fault,
        "The answer is not as the gateway gives it: let nothing rewrite JSON on the way.";
    /// The client's document is refused.
    DocumentRefused = "client-document-refused", Fault,
        "Let the gateway reach the document's host (egress over 443, DNS), and admit the client: GATEWAY_CIMD_ADMISSION \
         and GATEWAY_CIMD_HOSTS. With GATEWAY_CIMD_ADMISSION=off clients register themselves instead.";
    /// The authorization page is a redirect.
    AuthorizationRedirects = "authorization-redirects", Fault,
        "The authorization endpoint should show the gateway's page at once: take it out of the proxy's own sign-in and \
         of rules that rewrite addresses.";
    /// The authorization is refused.
    AuthorizationRefused = "authorization-refused", Fault,
        "The gateway accepts this request when it arrives as it was sent: look for rules that rewrite or block queries \
         holding URLs (often called SSRF or RFI protection).";
    /// Another port on the person's machine is refused.
    LoopbackPort = "loopback-port-refused", Fault,
        "Native clients listen on a port of the moment (RFC 8252 §7.3): let no rule of the firewall judge localhost or ports \
         in the query.";
    /// The token endpoint does not speak JSON.
    TokenNotJson = "token-not-json", Fault,
        "Route POST /oauth/token to the gateway, let its error answers through as they are (no error pages of the proxy \
         for 400), and do not block its form body.";
    /// The token endpoint's verdict is not the gateway's.
    TokenVerdict = "token-verdict", Fault,
        "A code or refresh token that is unknown gets 400 invalid_grant from the gateway. Anything else makes clients \
         retry for ever or forget good registrations; look which server answers.";
    /// Token answers may be stored.
    TokenCacheable = "token-cacheable", Fault,
        "Leave Cache-Control: no-store on the answers of the token endpoint.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_their_own() {
        let names: BTreeSet<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        assert_eq!(names.len(), Fault::ALL.len());
    }
}
