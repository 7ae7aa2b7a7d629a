// Runs the npm package node-red-contrib-plate-recognizer as it is: a Node-RED node that has pictures read by Plate
// Recognizer's Snapshot API, or whatever its setting `url` names.
//
// Node-RED itself is not here: this gives the node the few things of it that it uses, sends it one message, and prints
// what it sends on. Called with one argument, an object as JSON: url, token, camera, regions, picture (a file).
const { EventEmitter } = require("node:events");
const { readFileSync } = require("node:fs");

const asked = JSON.parse(process.argv[2]);
let Recognizer;
const statuses = [];

require("node-red-contrib-plate-recognizer/plate-recognizer.js")({
  settings: {},
  nodes: {
    registerType: (_name, type) => {
      Recognizer = type;
      Object.setPrototypeOf(type.prototype, EventEmitter.prototype);
    },
    createNode: (node, _config) => {
      EventEmitter.call(node);
      node.credentials = { apiToken: asked.token };
      node.status = (status) => statuses.push(status.text);
      node.error = (text) => process.stdout.write(JSON.stringify({ error: text }));
      node.send = ([read, failed]) =>
        // What it shows, it shows before it sends, or right after.
        setImmediate(() => process.stdout.write(JSON.stringify({ read: read?.payload ?? null, failed: failed !== null && failed !== undefined, statuses })));
    },
  },
  util: {
    evaluateNodeProperty: (value) => JSON.parse(value),
    getMessageProperty: (message, name) => message[name],
    setMessageProperty: (message, name, value) => {
      message[name] = value;
    },
  },
});

const node = new Recognizer({
  url: asked.url,
  inputField: "payload",
  outputField: "payload",
  makeAndModel: false,
  statusText: "plates",
  cameraId: asked.camera,
  regionFilter: asked.regions.length > 0,
  regionList: JSON.stringify(asked.regions),
  regionListType: "json",
});
node.emit("input", { payload: readFileSync(asked.picture) });
