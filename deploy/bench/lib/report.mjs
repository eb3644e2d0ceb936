// What was measured, as Markdown.

const median = (runs, member) => {
  const sorted = runs.map(run => run[member]).sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
};
const number = (value, digits = 0) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const spread = runs => {
  const all = runs.map(({ perSecond }) => perSecond);
  return `${number(Math.min(...all))}-${number(Math.max(...all))}`;
};
const row = cells => `| ${cells.join(' | ')} |`;

export function report(measured, about) {
  const [[ourName, ours], [theirName, theirs]] = Object.entries(measured);
  const lines = [
    '# mcp-backend beside the existing MCP server',
    '',
    `Commit ${about.commit}; the existing server is @peaka/mcp-server-peaka ${about.existing} on Node ${about.node}.`,
    'Both over HTTP with a bearer or key that nobody checks, before one stub of the Partner API that answers at once.',
    `${about.connections} requests under way at once (wrk, one thread), ${about.rounds} rounds of ${about.seconds} s,`,
    'the servers taking turns; the figures are those of the median round.',
    `Servers, stub and wrk share ${about.cores} cores (${about.model}); load average before: ${number(about.load, 1)}.`,
    '',
    row(['', 'server', 'requests/s', '(range)', 'p50 ms', 'p99 ms', 'CPU ms/request', 'resident MiB', 'highest MiB']),
    row(['---', '---', ...Array(7).fill('---:')]),
  ];
  for (const kind of Object.keys(ours.figures)) {
    for (const [name, { figures, memory }] of Object.entries(measured)) {
      const runs = figures[kind];
      const of = member => median(runs, member);
      const times = [number(of('p50'), 2), number(of('p99'), 2), number(of('cpu'), 3)];
      const held = [number(memory[kind].now), number(memory[kind].highest)];
      lines.push(row([kind, name, number(of('perSecond')), spread(runs), ...times, ...held]));
    }
  }
  lines.push('', row(['', 'throughput', 'CPU/request', 'resident memory']), row(['---', '---:', '---:', '---:']));
  for (const kind of Object.keys(ours.figures)) {
    const times = (member, one, other) => median(one.figures[kind], member) / median(other.figures[kind], member);
    const share = ours.memory[kind].now / theirs.memory[kind].now;
    const gains = [number(times('perSecond', ours, theirs), 1), number(times('cpu', theirs, ours), 1)];
    lines.push(row([kind, `${gains[0]} times`, `1/${gains[1]}`, `1/${number(1 / share, 1)}`]));
  }
  const idle = `${ourName} ${number(ours.idle)} MiB, ${theirName} ${number(theirs.idle)} MiB`;
  lines.push('', `Resident before any load: ${idle}.`, '');
  lines.push(row(['bytes of one answer', ourName, theirName, 'share']), row(['---', '---:', '---:', '---:']));
  for (const kind of Object.keys(ours.sizes)) {
    for (const [what, member] of [['text content', 'text'], ['whole body', 'wire']]) {
      const [one, other] = [ours.sizes[kind][member], theirs.sizes[kind][member]];
      if (other === 0) continue;
      lines.push(row([`${kind}, ${what}`, number(one), number(other), `${number((one / other) * 100, 1)} %`]));
    }
  }
  return `${lines.join('\n')}\n`;
}
