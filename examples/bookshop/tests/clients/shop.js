// The bookshop as a program of its own, on free ports of loopback, and what every client test needs of it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';

// Browsers have it, and so have later versions of Node.
globalThis.WebSocket ??= WebSocket;

const target = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL('../../../../target', import.meta.url));
const program = process.env.BOOKSHOP ?? join(target, 'debug', 'bookshop');

/** Longer than anything here takes; only a test that hangs meets it. */
export const PATIENCE = 20_000;

/** A shop that runs while the tests of a suite do. Settings are variables of the environment; it is asked with the headers. */
export function shopOfSuite(settings = {}, headers = {}) {
  const shop = new Shop(settings, headers);
  before(() => shop.start());
  after(() => shop.remove());
  return shop;
}

class Shop {
  #data;
  #settings;
  #headers;
  #process;
  #address = '127.0.0.1:0';

  constructor(settings, headers) {
    this.#settings = settings;
    this.#headers = { 'content-type': 'application/json', ...headers };
    process.on('exit', () => this.#process?.kill('SIGKILL'));
  }

  get url() {
    return `http://${this.#address}/graphql`;
  }

  get webSocketUrl() {
    return `ws://${this.#address}/graphql`;
  }

  /** After the first time it is where it was. */
  async start() {
    this.#data ??= await mkdtemp(join(tmpdir(), 'bookshop-'));
    const free = '127.0.0.1:0';
    const places = ['--listen', free, '--page', this.#address, '--orders', free, '--data', this.#data];
    this.#process = spawn(program, places, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...this.#settings },
    });
    this.#address = await address(this.#process);
    await this.#warm();
  }

  /** As a signal to stop does: what is under way may end. */
  async stop() {
    await this.#end('SIGINT');
  }

  /** As a crash does. */
  async kill() {
    await this.#end('SIGKILL');
  }

  async remove() {
    await this.#end('SIGKILL');
    await rm(this.#data, { recursive: true });
  }

  async #end(signal) {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill(signal);
    await exit;
  }

  /** An order as the keyboard gives it, once it is carried out. */
  async order(line) {
    const told = once(this.#process.stdout, 'data');
    this.#process.stdin.write(`${line}\n`);
    await told;
  }

  /** What comes of a request without a client. */
  async ask(query, variables) {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: this.#headers,
      body: JSON.stringify({ query, variables }),
    });
    return response.json();
  }

  /** A review of a book, as another reader writes it. */
  async review(bookId, text) {
    const review = { bookId, stars: 4, text };
    const query = 'mutation ($review: ReviewInput!) { addReview(review: $review) { id } }';
    const { data, errors } = await this.ask(query, { review });
    if (errors) throw new Error(JSON.stringify(errors));
    return data.addReview.id;
  }

  /** Reviews of a book, one after the other, until `heard` is done: nobody is told when a subscription has begun. */
  async reviewUntil(bookId, heard) {
    let done = false;
    const first = heard.finally(() => (done = true));
    for (let number = 1; !done; number += 1) {
      await this.review(bookId, `The review number ${number}.`);
      await Promise.race([first, pause(50)]);
    }
    return first;
  }

  /** Until connections stand and the catalogue is cached: a program that is not optimised may be late the first time. */
  async #warm() {
    for (const end = Date.now() + PATIENCE; Date.now() < end; await pause(50)) {
      const { errors, extensions } = await this.ask(CATALOGUE).catch((errors) => ({ errors }));
      if (!errors && !extensions?.degraded) return;
    }
    throw new Error('the shop does not answer');
  }
}

/** What tests may ask without waiting for a service. */
const CATALOGUE = '{ book(id: "42") { title authors { name books { title } } } }';

/** Where the program says that it is. */
async function address(started) {
  const lines = createInterface({ input: started.stdout });
  for await (const line of lines) {
    const [, found] = /http:\/\/([^/]+)\//.exec(line) ?? [];
    if (found) {
      // Nobody reads what it says from now on, and it must not wait for a reader.
      started.stdout.resume();
      return found;
    }
  }
  throw new Error('the program ended before it said where it is');
}
