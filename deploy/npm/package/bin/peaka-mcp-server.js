#!/usr/bin/env node
'use strict';

// Starts the native program and gets out of the way: standard input and output are the client's.

const { spawn } = require('node:child_process');
const os = require('node:os');

const { binaryPath } = require('../lib/binary.js');

function start() {
  const given = process.argv.slice(2);
  // MCP clients start a package without arguments and expect it to speak.
  const child = spawn(binaryPath(), given.length > 0 ? given : ['stdio'], { stdio: 'inherit', windowsHide: true });

  // Whoever ends this process means the program.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => fail(`the program could not be started: ${error.message}`));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (os.constants.signals[signal] ?? 0);
  });
}

function fail(reason) {
  console.error(`peaka-mcp-server: ${reason}`);
  process.exitCode = 1;
}

try {
  start();
} catch (error) {
  fail(error.message);
}
