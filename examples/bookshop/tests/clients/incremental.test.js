// Answers in parts: `@defer` and `@stream` as Apollo Client, in both forms that it reads, and urql put them together.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { ApolloClient, HttpLink, InMemoryCache, NetworkStatus, gql } from '@apollo/client';
import { Defer20220824Handler, GraphQL17Alpha9Handler } from '@apollo/client/incremental';
import { Client, fetchExchange } from '@urql/core';

import { PATIENCE, shopOfSuite } from './shop.js';

const WHOLE = `query ($id: ID!) {
  book(id: $id) {
    id title
    authors { id name books { id title price { amount } } }
    price { amount currency }
  }
}`;
const IN_PARTS = `query ($id: ID!) {
  book(id: $id) {
    id title
    ... @defer(label: "authors") {
      authors { id name ... @defer(label: "books") { books { id title price { amount } } } }
    }
    ...Price @defer(label: "price")
  }
}
fragment Price on Book { price { amount currency } }`;
const WHOLE_LIST = `{
  search(query: "the", first: 6) {
    ... on Book { id title price { amount } reviewSummary: reviews(first: 2) { id } }
    ... on Author { id name }
  }
}`;
const LIST_IN_PARTS = WHOLE_LIST.replace('first: 6)', 'first: 6) @stream(initialCount: 2, label: "hits")');
const HANDLERS = { 20220824: Defer20220824Handler, 'of graphql-js 17': GraphQL17Alpha9Handler };
// urql likes JSON and both of the others as much: parts come as `multipart/mixed`.
const ACCEPTS = { 'what it accepts by itself': undefined, events: 'text/event-stream' };

describe('@defer', { timeout: PATIENCE }, () => {
  const shop = shopOfSuite();
  const variables = { id: '42' };

  /** All that a client was shown, the first and the last of it held against the answer without `@defer`. */
  async function check(shown) {
    const { data: whole } = await shop.ask(WHOLE, variables);
    assert.ok(shown.length > 1, 'it comes in parts');
    const [first] = shown;
    assert.equal(first.book.title, whole.book.title);
    assert.equal(first.book.price, undefined);
    assert.deepEqual(plain(shown.at(-1)), whole);
  }

  for (const [form, Handler] of Object.entries(HANDLERS)) {
    test(`Apollo Client reads the form ${form}`, async (test) => {
      const apollo = apolloOf(shop, Handler, test);
      const shown = await shownByApollo(apollo, IN_PARTS, variables);
      await check(shown);
      const kept = apollo.cache.extract()['Book:42'];
      assert.equal(kept.title, shown[0].book.title);
    });
  }

  for (const [name, accept] of Object.entries(ACCEPTS)) {
    test(`urql reads parts as ${name}`, async () => check(await shownByUrql(shop, accept, IN_PARTS, variables)));
  }
});

describe('@stream', { timeout: PATIENCE }, () => {
  const shop = shopOfSuite();

  /** The same for a list. */
  async function check(shown) {
    const { data: whole } = await shop.ask(WHOLE_LIST);
    assert.ok(whole.search.length > 2, 'more is found than comes first');
    assert.deepEqual(plain(shown[0].search), whole.search.slice(0, 2));
    assert.deepEqual(plain(shown.at(-1)), whole);
  }

  for (const [form, Handler] of Object.entries(HANDLERS)) {
    test(`Apollo Client reads the form ${form}`, async (test) => {
      await check(await shownByApollo(apolloOf(shop, Handler, test), LIST_IN_PARTS));
    });
  }

  for (const [name, accept] of Object.entries(ACCEPTS)) {
    test(`urql reads parts as ${name}`, async () => check(await shownByUrql(shop, accept, LIST_IN_PARTS)));
  }
});

describe('@stream of a list that a service still sends', { timeout: PATIENCE }, () => {
  const shop = shopOfSuite();
  // What was read to its end is kept: each client asks for books that nobody asked for before.
  const authors = ['george-eliot', 'jane-austen', 'mark-twain', 'jules-verne'];

  async function check(show) {
    await shop.order('trickle catalog 20');
    const text = `{ allBooks(filter: {authorId: "${authors.pop()}"}) { id title price { amount } } }`;
    const shown = await show(text.replace(')', ') @stream(initialCount: 1, label: "more")'));
    await shop.order('heal catalog');
    assert.equal(shown[0].allBooks.length, 1);
    assert.ok(shown.length > 2, 'it grows by and by');
    const { data: whole } = await shop.ask(text);
    assert.ok(whole.allBooks.length > 2);
    assert.deepEqual(plain(shown.at(-1)), whole);
  }

  for (const [form, Handler] of Object.entries(HANDLERS)) {
    test(`Apollo Client reads the form ${form}`, (test) =>
      check((text) => shownByApollo(apolloOf(shop, Handler, test), text)));
  }

  for (const [name, accept] of Object.entries(ACCEPTS)) {
    test(`urql reads parts as ${name}`, () => check((text) => shownByUrql(shop, accept, text)));
  }
});

function apolloOf(shop, Handler, test) {
  const apollo = new ApolloClient({
    link: new HttpLink({ uri: shop.url }),
    cache: new InMemoryCache(),
    incrementalHandler: new Handler(),
  });
  test.after(() => apollo.stop());
  return apollo;
}

/** All that is shown of a query, the last of it complete. */
function shownByApollo(apollo, text, variables) {
  return new Promise((resolve, reject) => {
    const shown = [];
    apollo.watchQuery({ query: gql(text), variables }).subscribe({
      error: reject,
      next: ({ data, dataState, error, networkStatus }) => {
        if (error) reject(error);
        if (data && dataState !== 'empty') shown.push(data);
        // What is there of a list that goes on counts as complete.
        if (dataState === 'complete' && networkStatus === NetworkStatus.ready) resolve(shown);
      },
    });
  });
}

function shownByUrql(shop, accept, text, variables) {
  const fetchOptions = accept ? { headers: { accept } } : undefined;
  const urql = new Client({ url: shop.url, exchanges: [fetchExchange], fetchOptions, preferGetMethod: false });
  return new Promise((resolve) => {
    const shown = [];
    urql.query(text, variables ?? {}).subscribe(({ data, error, hasNext }) => {
      assert.equal(error, undefined);
      shown.push(structuredClone(data));
      if (!hasNext) resolve(shown);
    });
  });
}

/** Without what a client adds for itself. */
function plain(data) {
  return JSON.parse(JSON.stringify(data, (key, value) => (key === '__typename' ? undefined : value)));
}
