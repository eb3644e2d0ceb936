// What was measured, as Markdown: the goals first, then the figures behind them.
import { goals } from './goals.mjs';
import { median, number, row, spread } from './statistics.mjs';

const table = (head, rows) => ['', row(head), row(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(row), ''];

export function report(measured, about) {
  const lines = [
    '# The gateway beside nginx and HAProxy',
    '',
    `Commit ${about.commit}; nginx ${about.nginx}, HAProxy ${about.haproxy}. ${about.cores} cores (${about.model}), load average`,
    `before: ${number(about.load, 1)}. The proxy that is measured runs on one core, wrk and the backend on the other;`,
    `${about.rounds} rounds, the proxies taking turns. Figures are medians, ranges are those of the rounds.`,
    ...(about.quick ? ['', '**A quick run: these figures mean little.**'] : []),
    '',
    '## Goals',
    ...table(['what', 'goal', 'measured', 'met'], goals(measured)),
  ];
  for (const [part, tell] of Object.entries({ path, tokens, idle: streams, loss, control, whole, start })) {
    if (measured[part]) lines.push(...tell(measured[part], measured));
  }
  if (measured.checked) {
    lines.push(
      `${number(measured.checked)} requests that the gateway passed on in this run were looked at by the backend: each had`,
      'exactly one identity header, signed by the gateway, of the person whose token was presented, and no header that is not',
      'on the allowlist.',
      '',
    );
  }
  return `${lines.join('\n').replace(/\n{3,}/g, '\n\n')}\n`;
}

function path(targets, { tokenBytes }) {
  const plain = targets['nginx, plain'];
  const lines = ['## The data path', '', `\`POST /mcp\` of 1 KB with one of 256 tokens (${tokenBytes} bytes each), answered with 1 KB.`];
  const rows = Object.entries(targets).flatMap(([name, levels]) =>
    Object.keys(levels).map(connections => {
      const [runs, yardstick] = [levels[connections], plain[connections]];
      // Of the same round: what disturbs one disturbs the other.
      const ratios = runs.map((run, round) => run.cpu / yardstick[round].cpu);
      const cpu = name === 'none' ? ['', '', ''] : [number(median(runs, run => run.cpu), 1), spread(runs, run => run.cpu, 1), number(median(ratios), 2)];
      const times = [number(median(runs, run => run.p50) / 1000, 3), number(median(runs, run => run.p99) / 1000, 3)];
      return [name, connections, ...cpu, number(median(runs, run => run.perSecond)), ...times];
    }),
  );
  const head = ['proxy', 'connections', 'CPU µs/request', '(range)', '× nginx, plain', 'requests/s', 'p50 ms', 'p99 ms'];
  return [...lines, ...table(head, rows)];
}

function tokens(figures, { verification, many: sessions }) {
  const { many } = figures;
  const rows = Object.entries({
    'seen before': figures.warm,
    'never seen, of a session in use': figures.cold,
    'never seen, nor its session': figures.strange,
    forged: figures.forged,
    'seen before, by itself': figures.undisturbed,
    'seen before, beside forged ones': figures.disturbed,
    'of 1,000 sessions': figures.few,
    [`of ${number(sessions)} sessions`]: many,
    'of as many, called within the last seconds': figures.again,
  }).map(([name, runs]) => [
    name,
    number(median(runs, run => run.cpu), 1),
    spread(runs, run => run.cpu, 1),
    number(median(runs, run => run.perSecond)),
    number(median(runs, run => run.p99) / 1000, 3),
  ]);
  return [
    '## Tokens',
    '',
    `At 16 connections. One verification of an ES256 signature takes OpenSSL ${number(verification, 1)} µs on this core (\`openssl speed\`);`,
    'a session that calls for the first time costs a signature of its identity header (Ed25519) besides. Forged ones came at',
    `${number(median(figures.disturbed, run => run.forgedPerSecond))}/s beside the others; their CPU is in the figure of those. Of the tokens of ${number(sessions)} sessions`,
    `${number(median(many, run => run.missed) * 100, 1)} % had to be verified again, as the cache has room for about as many; and as an identity header is used for ten`,
    `seconds, one call in ${number(median(many, run => (run.perSecond * 10) / sessions), 1)} signs one; none of those that come again within the last seconds does.`,
    ...table(['token', 'CPU µs/request', '(range)', 'requests/s', 'p99 ms'], rows),
  ];
}

function streams(idle, { events }) {
  const rows = Object.entries(idle).map(([name, { held, busy }]) => [
    name,
    ...Object.values(held).map(kibibytes => number(kibibytes, 1)),
    `${number(busy * 100, 2)} %`,
    number(median(events[name]), 1),
    spread(events[name], event => event, 1),
  ]);
  const head = ['proxy', 'KiB per idle stream at 1,000', 'at 5,000', 'of a core when idle', 'CPU µs/event', '(range)'];
  return ['## Streams of events', ...table(head, rows)];
}

function loss(figures) {
  const each = figures.map(({ requests, lost, failed }) => `${number(lost)} of ${number(requests)}${failed > 0 ? `, and ${failed} without an answer` : ''}`);
  return [
    '## A backend that is killed under load',
    '',
    `One of two, after 1.5 of 3 seconds, with 64 requests under way. In each round so many were not answered with 200: ${each.join('; ')}.`,
    '',
  ];
}

function control(figures) {
  const { commits, ...kinds } = figures;
  const rows = Object.entries(kinds).map(([kind, runs]) => [
    kind,
    number(median(runs, run => run.perSecond)),
    spread(runs, run => run.perSecond),
    number(median(runs, run => run.p50) / 1000, 1),
    number(median(runs, run => run.p99) / 1000, 1),
    number(median(runs, run => run.cpu)),
  ]);
  return [
    '## The control path',
    '',
    `32 at once; the gateway has one core, Postgres (its usual settings, \`fsync\` on) shares the other with the load. A refresh is ${number(commits, 2)} commits.`,
    ...table(['request', 'per second', '(range)', 'p50 ms', 'p99 ms', 'CPU µs of the gateway'], rows),
  ];
}

function whole({ figures, checked }) {
  const of = name => number(median(figures, run => run.spent[name]));
  return [
    '## The whole path',
    '',
    'Client, gateway, backend, stand-in and Postgres on the same two cores; `peaka_list_catalogs` by 24 sessions of three people,',
    `32 at once. The stand-in's record of ${number(checked)} calls was compared with who must have asked.`,
    ...table(
      ['calls/s', '(range)', 'p50 ms', 'p99 ms', 'CPU µs: gateway', 'backend', 'stand-in'],
      [
        [
          number(median(figures, run => run.perSecond)),
          spread(figures, run => run.perSecond),
          number(median(figures, run => run.p50) / 1000, 1),
          number(median(figures, run => run.p99) / 1000, 1),
          of('gateway'),
          of('backend'),
          of('standin'),
        ],
      ],
    ),
  ];
}

function start({ first, ...programs }) {
  const rows = Object.entries(programs).map(([name, runs]) => [
    name,
    number(median(runs, run => run.ready)),
    spread(runs, run => run.ready),
    number(median(runs, run => run.resident), 1),
  ]);
  return [
    '## Start',
    '',
    `The gateway on Postgres; its very first start, which makes the schema and the keys, took ${number(first)} ms.`,
    ...table(['program', 'ms until it is ready', '(range)', 'MiB resident, idle'], rows),
  ];
}
