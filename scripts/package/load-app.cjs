// Loads an app's entry file in this Node as the Functions worker does, and prints what it registered and how long that took.
// Plain JavaScript: it must run on every Node that the app runs on. Usage: node load-app.cjs dist/src/index.js
'use strict';
const Module = require('node:module');
const { resolve } = require('node:path');
const { pathToFileURL } = require('node:url');

const functions = [];
class Disposable {
  dispose() {}
}
const core = {
  version: '3.9.1',
  hostVersion: '4.1037.0',
  Disposable,
  setProgrammingModel() {},
  getProgrammingModel() {},
  registerFunction(metadata) {
    functions.push(metadata.name);
    return new Disposable();
  },
  registerHook: () => new Disposable(),
  log() {},
};
// The worker answers this name itself, whatever is installed.
const original = Module.prototype.require;
Module.prototype.require = function (id) {
  return id === '@azure/functions-core' ? core : original.call(this, id);
};

const started = performance.now();
import(pathToFileURL(resolve(process.argv[2])).href).then(
  () => {
    const loadInMs = Math.round(performance.now() - started);
    const sinceStartInMs = Math.round(performance.now());
    const { user, system } = process.cpuUsage();
    const cpuInMs = Math.round((user + system) / 1000);
    const rssInMiB = Math.round(process.memoryUsage().rss / 1024 / 1024);
    console.log(JSON.stringify({ node: process.version, functions, loadInMs, sinceStartInMs, cpuInMs, rssInMiB }));
    process.exit(0);
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
