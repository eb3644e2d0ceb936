'use strict';

// Where the native program for this machine is: in one of the optional packages, of which npm installs the one
// that fits.

const fs = require('node:fs');
const path = require('node:path');

const NAME = '@peaka/mcp-server';
const SUPPORTED = ['linux-x64-gnu', 'linux-arm64-gnu', 'darwin-x64', 'darwin-arm64', 'win32-x64'];

function isGlibc() {
  // Only a Node that is linked against glibc reports its version.
  return Boolean(process.report?.getReport()?.header?.glibcVersionRuntime);
}

function suffix(platform = process.platform, arch = process.arch, glibc = platform !== 'linux' || isGlibc()) {
  const libc = platform === 'linux' ? (glibc ? '-gnu' : '-musl') : '';
  const name = `${platform}-${arch}${libc}`;
  if (!SUPPORTED.includes(name)) {
    throw new Error(`there is no build for ${name}; there are builds for ${SUPPORTED.join(', ')}`);
  }
  return name;
}

function binaryPath() {
  // For those who build it themselves.
  const own = process.env.PEAKA_MCP_BINARY;
  if (own) {
    if (!fs.existsSync(own)) throw new Error(`PEAKA_MCP_BINARY names a file that is not there: ${own}`);
    return own;
  }
  const packageName = `${NAME}-${suffix()}`;
  const file = process.platform === 'win32' ? 'mcp-backend.exe' : 'mcp-backend';
  let manifest;
  try {
    manifest = require.resolve(`${packageName}/package.json`);
  } catch {
    throw new Error(
      `the package ${packageName} is not installed. It is an optional dependency of ${NAME}: install again without ` +
        '--omit=optional (or --no-optional), and on the machine where it runs',
    );
  }
  return path.join(path.dirname(manifest), 'bin', file);
}

module.exports = { SUPPORTED, binaryPath, suffix };
