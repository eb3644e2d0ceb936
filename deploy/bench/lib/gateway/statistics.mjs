// Figures of rounds.

export function median(runs, of = run => run) {
  const sorted = runs.map(of).sort((one, other) => one - other);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

export const number = (value, digits = 0) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

export function spread(runs, of, digits = 0) {
  const all = runs.map(of);
  return `${number(Math.min(...all), digits)}-${number(Math.max(...all), digits)}`;
}

export const row = cells => `| ${cells.join(' | ')} |`;
