// The Partner API as far as the bench needs it, and as fast as one thread of Node can be: whole answers that are put
// together once, over bare sockets. `node stub.mjs PORT`; also gives what the answers hold.
import { createServer } from 'node:net';
import { pathToFileURL } from 'node:url';

export const PROJECT = 'mtKDhe1U';
export const ROWS = 1000;

const catalogs = ['peaka', 'storefront', 'payments'].map((name, index) => ({
  id: `70992280283617729${index}`,
  name,
  displayName: name,
  catalogType: 'peaka_postgres',
  connectionId: `d0d3c83f-29ed-4f2e-899d-1bfa00eb3ce${index}`,
}));

const names = ['id', 'customer_id', 'status', 'total', 'created_at'];
const types = ['bigint', 'bigint', 'varchar', 'decimal(10,2)', 'timestamp(6)'];
const place = { catalogId: catalogs[1].id, catalogName: 'storefront', schemaName: 'public', tableName: 'orders' };
const columns = names.map(columnName => ({ ...place, columnName }));
const states = ['paid', 'shipped', 'returned', null];
const rows = Array.from({ length: ROWS }, (_, row) => [
  String(25_000 + row),
  String(1 + ((row * 37) % 600)),
  states[row % states.length],
  `${(row * 7919) % 1000}.${String(row % 100).padStart(2, '0')}`,
  `2026-0${1 + (row % 9)}-1${row % 10} 08:30:00.000000`,
]);
const cells = values =>
  values.map((value, order) => ({
    name: names[order],
    displayName: names[order],
    dataType: types[order],
    order,
    value,
  }));

const whole = body => {
  const text = JSON.stringify(body);
  const length = `Content-Length: ${Buffer.byteLength(text)}`;
  return Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${length}\r\n\r\n${text}`);
};
const answers = {
  info: whole({ projectId: PROJECT, projectName: 'Orders', userId: 'd0d3c83f-29ed-4f2e-899d-1bfa00eb3cef' }),
  catalogs: whole(catalogs),
  transpile: whole({ query: 'SELECT * FROM "storefront"."public"."orders"' }),
  compact: whole({ columns, data: rows }),
  typed: whole({ columns, data: rows.map(cells) }),
};

function answer(path) {
  if (path.startsWith('/api/v1/sql/transpile/')) return answers.transpile;
  if (path.includes('/queries/execute')) return path.includes('format=COMPACT') ? answers.compact : answers.typed;
  if (path.endsWith('/catalogs')) return answers.catalogs;
  if (path.endsWith('/info')) return answers.info;
  throw new Error(`the stub does not know ${path}`);
}

/** Answers every whole request in `text`; gives what is left of it. Bodies have a length, as both servers send them. */
function answerAll(socket, text) {
  for (;;) {
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return text;
    const head = text.slice(0, end);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (text.length < end + 4 + length) return text;
    socket.write(answer(head.split(' ', 2)[1]));
    text = text.slice(end + 4 + length);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const server = createServer({ noDelay: true }, socket => {
    let rest = '';
    socket.setEncoding('latin1').on('data', text => (rest = answerAll(socket, rest + text)));
    socket.on('error', () => socket.destroy());
  });
  server.listen(Number(process.argv[2]), '127.0.0.1');
  process.once('SIGTERM', () => process.exit(0));
}
