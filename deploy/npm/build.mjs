// Assembles the npm packages and the .mcpb bundle around a program that is already built.
//
//   node deploy/npm/build.mjs --binary target/release/mcp-backend [--platform linux-x64-gnu] [--out target/npm]
//
// Leaves in OUT: the launcher's and the platform's package as tarballs, the bundle, and server.json.

import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, '../..');
const { suffix } = createRequire(import.meta.url)('./package/lib/binary.js');

const { values: options } = parseArgs({
  options: {
    binary: { type: 'string' },
    platform: { type: 'string', default: suffix() },
    out: { type: 'string', default: join(ROOT, 'target/npm') },
  },
});
if (!options.binary) {
  console.error('usage: build.mjs --binary FILE [--platform SUFFIX] [--out DIRECTORY]');
  process.exit(2);
}

const json = (path) => JSON.parse(readFileSync(path, 'utf8'));
const write = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

const launcher = json(join(HERE, 'package/package.json'));
const platform = json(join(HERE, 'platforms.json')).find(({ suffix }) => suffix === options.platform);
if (!platform) throw new Error(`platforms.json knows no ${options.platform}`);
const file = platform.os === 'win32' ? 'mcp-backend.exe' : 'mcp-backend';
const out = resolve(options.out);
const work = mkdtempSync(join(tmpdir(), 'peaka-npm-'));

try {
  mkdirSync(out, { recursive: true });
  pack(launcherPackage());
  pack(platformPackage());
  bundle();
  copyFileSync(join(HERE, 'server.json'), join(out, 'server.json'));
} finally {
  rmSync(work, { recursive: true });
}

function launcherPackage() {
  const directory = join(work, 'launcher');
  cpSync(join(HERE, 'package'), directory, { recursive: true });
  copyFileSync(join(ROOT, 'LICENSE'), join(directory, 'LICENSE'));
  chmodSync(join(directory, 'bin/peaka-mcp-server.js'), 0o755);
  return directory;
}

function platformPackage() {
  const directory = join(work, 'platform');
  const name = `${launcher.name}-${platform.suffix}`;
  mkdirSync(join(directory, 'bin'), { recursive: true });
  install(join(directory, 'bin', file));
  copyFileSync(join(ROOT, 'LICENSE'), join(directory, 'LICENSE'));
  writeFileSync(
    join(directory, 'README.md'),
    `# ${name}\n\nThe native program of ${launcher.name} for ${platform.target}. Install that package, not this one.\n`,
  );
  write(join(directory, 'package.json'), {
    name,
    version: launcher.version,
    description: `The native program of ${launcher.name} for ${platform.target}`,
    license: launcher.license,
    author: launcher.author,
    homepage: launcher.homepage,
    files: ['bin', 'README.md', 'LICENSE'],
    os: [platform.os],
    cpu: [platform.cpu],
    ...(platform.libc && { libc: [platform.libc] }),
    engines: launcher.engines,
    preferUnplugged: true,
  });
  return directory;
}

function bundle() {
  const directory = join(work, 'bundle');
  mkdirSync(join(directory, 'server'), { recursive: true });
  install(join(directory, 'server', file));
  const manifest = json(join(HERE, 'manifest.json'));
  manifest.server.entry_point = `server/${file}`;
  manifest.server.mcp_config.command = `\${__dirname}/server/${file}`;
  manifest.compatibility.platforms = [platform.os];
  write(join(directory, 'manifest.json'), manifest);
  copyFileSync(join(ROOT, 'LICENSE'), join(directory, 'LICENSE'));
  const name = `${manifest.name}-${manifest.version}-${platform.suffix}.mcpb`;
  execFileSync('python3', [join(HERE, 'bundle.py'), directory, join(out, name)], { stdio: 'inherit' });
  console.log(name);
}

function install(path) {
  copyFileSync(options.binary, path);
  chmodSync(path, 0o755);
}

function pack(directory) {
  const args = ['pack', '--silent', '--pack-destination', out];
  const packed = execFileSync('npm', args, { cwd: directory, encoding: 'utf8', shell: process.platform === 'win32' });
  console.log(packed.trim());
}
