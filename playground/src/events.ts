// Answers to a subscription, one after the other: GraphQL over server-sent events, read from a response, since what a
// browser has for such events sends no headers.

import type { Answer } from './wire';

/** The answers of what `open` gives. Whoever wants no more returns from it, and the request ends at once. */
export function answers(open: (signal: AbortSignal) => Promise<Response>): AsyncIterableIterator<Answer> {
  const ending = new AbortController();
  const reading = read(open, ending.signal);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => reading.next(),
    return: () => {
      // A generator that waits for the next answer would return only when that has come.
      ending.abort();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

async function* read(open: (signal: AbortSignal) => Promise<Response>, signal: AbortSignal): AsyncGenerator<Answer> {
  try {
    const response = await open(signal);
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
      yield (await response.json()) as Answer;
      return;
    }
    for await (const { event, data } of events(response)) {
      if (event === 'complete') return;
      if (event === 'next') yield JSON.parse(data) as Answer;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function* events(response: Response) {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let received = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    received += value;
    const blocks = received.split('\n\n');
    received = blocks.pop()!;
    for (const block of blocks) {
      const lines = block.split('\n');
      const values = (name: string) =>
        lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
      yield { event: values('event')[0], data: values('data').join('\n') };
    }
  }
}
