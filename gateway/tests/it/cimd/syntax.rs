//! Client ids that are refused by their text alone.

use gateway::cimd::{ClientIdSyntax, ClientIdUrl};

#[test]
fn real_client_ids_are_accepted_byte_for_byte() {
    for text in [
        "https://claude.ai/oauth/claude-code-client-metadata",
        "https://vscode.dev/oauth/client-metadata.json",
        "https://chatgpt.com/oauth/a1-B2_c3~d4/client.json",
        "https://xn--bcher-kva.example:8443/a%2Fb//c/;x=1,2/",
        "https://client.example/a...b/.well-known/x..",
    ] {
        let id = ClientIdUrl::parse(text).unwrap();
        assert_eq!(id.as_str(), text);
        assert_eq!(id.to_string(), text);
    }
    let id = ClientIdUrl::parse("https://client.example:8443/x").unwrap();
    assert_eq!((id.host(), id.port()), ("client.example", Some(8443)));
}

#[test]
fn other_texts_are_refused_each_for_its_reason() {
    use ClientIdSyntax::*;
    let long = format!("https://client.example/{}", "a".repeat(2048));
    for (text, reason) in [
        ("", Scheme),
        ("client.example/x", Scheme),
        ("http://client.example/x", Scheme),
        ("HTTPS://client.example/x", Scheme),
        ("https:/client.example/x", Scheme),
        ("https:\\\\client.example\\x", Scheme),
        (&long, TooLong),
        (" https://client.example/x", Characters),
        ("https://client.example/x\n", Characters),
        ("https://client.example/\tx", Characters),
        ("https://client.example/x y", Characters),
        ("https://client.example/\u{e9}", Characters),
        ("https://cl\u{ad}ient.example/x", Characters),
        ("https://client\u{ff0e}example/x", Characters),
        ("https://client.example/x#", Fragment),
        ("https://client.example/x#y", Fragment),
        ("https://client.example/x?", Query),
        ("https://client.example/x?y=z", Query),
        ("https://client.example?/x", Query),
        ("https://user@client.example/x", UserInfo),
        ("https://user:pw@client.example/x", UserInfo),
        ("https://@client.example/x", UserInfo),
        ("https://client.example", NoPath),
        ("https://client.example/", NoPath),
        ("https://client.example/.", DotSegment),
        ("https://client.example/..", DotSegment),
        ("https://client.example/x/../cb", DotSegment),
        ("https://client.example/./cb", DotSegment),
        ("https://client.example/%2e/cb", DotSegment),
        ("https://client.example/x/%2E%2e", DotSegment),
        ("https://client.example/x/.%2e/y", DotSegment),
        ("https://client.example/x\\..\\y", DotSegment),
        ("https://Client.example/x", NotNormal),
        ("https://client.example:443/x", NotNormal),
        ("https://client.example:0443/x", NotNormal),
        ("https://client.example:/x", NotNormal),
        ("https://client.example/x\\y", NotNormal),
        ("https://client.example\\/x", NotNormal),
        ("https://cl%69ent.example/x", NotNormal),
        ("https://client.example/\"x\"", NotNormal),
        ("https:///client.example/x", NotNormal),
        ("https://client.example:99999/x", Host),
    ] {
        assert_eq!(ClientIdUrl::parse(text), Err(reason), "{text:?}");
    }
}

#[test]
fn a_host_is_a_full_domain_name_and_never_an_address_in_any_spelling() {
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "0",
        "0.0.0.0",
        "8.8.8.8",
        "127.0.0.1.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[::127.0.0.1]",
        "[2606:4700::1111]",
        "localhost",
        "localhost.",
        "app.localhost",
        "client.example.",
        "intranet",
        ".example",
        "client..example",
        "client.example..",
        "-client.example",
        "client-.example",
        "cli_ent.example",
        "a.1",
        "client.0x7f",
        "%31%32%37.0.0.1",
        "",
    ] {
        let text = format!("https://{host}/client.json");
        assert!(ClientIdUrl::parse(&text).is_err(), "{text}");
    }
    let circled = "https://\u{2460}\u{2461}\u{2466}.0.0.1/client.json";
    assert_eq!(ClientIdUrl::parse(circled), Err(ClientIdSyntax::Characters));
}
