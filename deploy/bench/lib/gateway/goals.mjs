// What the gateway is to show, and whether it did. Only what was measured is told.
import { AT_ONCE } from './loss.mjs';
import { median, number } from './statistics.mjs';

/** Rows of: what, the goal, what was measured, whether that meets it. */
export const goals = measured =>
  [path, tokens, streams, loss, control, whole, start].flatMap(part => part(measured)).map(([what, most, value, tell, least]) => {
    const met = least === undefined ? value <= most : value >= least;
    return [what, least === undefined ? `≤ ${tell(most)}` : `≥ ${tell(least)}`, tell(value), met ? 'yes' : '**no**'];
  });

const times = value => `${number(value, 2)} ×`;
const micros = value => `${number(value, value < 100 ? 1 : 0)} µs`;
const millis = value => `${number(value, value < 10 ? 1 : 0)} ms`;
const plain = value => number(value, 1);
const perSecond = value => `${number(value)}/s`;

/** The median of the ratios of rounds. */
const ratio = (ours, theirs, of) => median(ours.map((run, round) => of(run) / of(theirs[round])));

function path({ path: targets }) {
  if (!targets) return [];
  const ours = targets.gateway;
  const cpu = name => ratio(ours[16], targets[name][16], run => run.cpu);
  const added = median(ours[1].map((run, round) => run.p50 - targets.none[1][round].p50));
  return [
    ['CPU of a call with a token seen before, against nginx plain', 1, cpu('nginx, plain'), times],
    ['the same against HAProxy with jwt_verify ES256', 1 / 7, cpu('HAProxy, jwt_verify ES256'), times],
    ['the same against nginx with auth_request', 0.8, cpu('nginx, auth_request'), times],
    ['p50 added at one connection over going direct', 60, added, micros],
    ['p99 at 256 connections against nginx plain', 1.2, ratio(ours[256], targets['nginx, plain'][256], run => run.p99), times],
  ];
}

function tokens({ tokens: figures, verification, many: sessions }) {
  if (!figures) return [];
  const { warm, cold, forged, undisturbed, disturbed, few, many } = figures;
  const more = (one, other) => median(one.map((run, round) => run.cpu - other[round].cpu));
  return [
    ['CPU that a token never seen adds to a call of a session in use (a verification + 10 µs)', verification + 10, more(cold, warm), micros],
    ['CPU of a forged token against one never seen', 1, ratio(forged, cold, run => run.cpu), times],
    ['p99 of valid calls beside 1,000 forged ones a second', 1.3, ratio(disturbed, undisturbed, run => run.p99), times],
    [`CPU per call, ${number(sessions)} sessions against 1,000`, 1.1, ratio(many, few, run => run.cpu), times],
  ];
}

function streams({ idle, events }) {
  if (!idle) return [];
  const event = ratio(events.gateway, events['nginx, plain'], one => one);
  return [
    ['KiB per idle stream at 5,000', 16, idle.gateway.held[5000], value => number(value, 1)],
    ['CPU of an event against nginx plain', 1.2, event, times],
  ];
}

function loss({ loss: figures }) {
  if (!figures) return [];
  const most = Math.max(...figures.map(({ lost, failed }) => lost + failed));
  return [['requests lost when one of two backends is killed, 64 at once (as many as can have reached it)', AT_ONCE, most, value => number(value)]];
}

function control({ control: figures }) {
  if (!figures) return [];
  const { refresh, commits } = figures;
  return [
    ['refresh grants on one core', undefined, median(refresh, run => run.perSecond), perSecond, 2000],
    ['p99 of a refresh, 32 at once', 25, median(refresh, run => run.p99) / 1000, millis],
    ['commits of a refresh', 1.05, commits, value => number(value, 2)],
  ];
}

function whole({ whole: measured }) {
  if (!measured) return [];
  return [['calls of a small tool, the whole path on two cores', undefined, median(measured.figures, run => run.perSecond), perSecond, 3000]];
}

function start({ start: measured }) {
  if (!measured) return [];
  return ['gateway', 'mcp-backend'].flatMap(name => [
    [`${name}, ready after its start`, 150, median(measured[name], run => run.ready), millis],
    [`${name}, MiB resident, idle`, 25, median(measured[name], run => run.resident), plain],
  ]);
}
