//! HTTP/1.1 where HTTP/2 is spoken by default: some clients and proxies speak only the older.

use http::Version;

use crate::doctor::{
    Options, Unusable,
    case::Case,
    fault::Fault,
    http::{Answer, Http},
};

pub(in crate::doctor) async fn check(case: &mut Case<'_>, options: &Options) -> Result<(), Unusable> {
    if !case.target.is_https() {
        return Ok(());
    }
    let url = case.target.metadata();
    let Ok(usual) = Answer::to(case.get(&url)).await else { return Ok(()) };
    if usual.version != Version::HTTP_2 {
        return Ok(());
    }
    let older = Http::of_version_1(options)?;
    match Answer::to(older.client.get(&url)).await {
        Ok(answer) if answer.status == usual.status => {}
        Ok(answer) => {
            let (older, usual) = (answer.status.as_u16(), usual.status.as_u16());
            case.find(Fault::ProtocolBroken, format!("HTTP/1.1 is answered {older}, HTTP/2 {usual}"));
        }
        Err(error) => case.find(Fault::ProtocolBroken, format!("HTTP/1.1: {}", error.reason())),
    }
    Ok(())
}
