/**
 * An answer whose deferred parts come later, as `multipart/mixed`: one JSON text a part, each told at once. The shape
 * is the draft of incremental delivery that Apollo's clients speak (`deferSpec=20220824`).
 */
import type { ServerResponse } from 'node:http';
import { writeAnswer, type AnswerInParts } from '../execute/answer.ts';
import { DEFER_SPEC } from './accept.ts';

const BOUNDARY = '-';
const CONTENT_TYPE = `multipart/mixed; boundary="${BOUNDARY}"; deferSpec=${DEFER_SPEC}`;
const PART_HEAD = 'content-type: application/json; charset=utf-8\r\n\r\n';
const DELIMITER = `\r\n--${BOUNDARY}`;

/**
 * Writes the whole answer, no faster than the client reads. `headers` are the door's own, names and values in turn.
 * Rejects with what `rest` rejects with; the answer is then unfinished, and the response open.
 */
export async function sendInParts(
  response: ServerResponse,
  headers: readonly (string | number)[],
  { first, rest }: AnswerInParts,
): Promise<void> {
  response.writeHead(200, [...headers, 'content-type', CONTENT_TYPE]);
  // A client takes a part for whole only when the delimiter after it is there, so that goes with it.
  response.write(
    `${DELIMITER}\r\n${PART_HEAD}${writeAnswer(first).slice(0, -1)},"hasNext":true}${DELIMITER}`,
  );
  for await (const { incremental, hasNext } of rest) {
    if (response.destroyed) return;
    const text = `\r\n${PART_HEAD}{"incremental":${incremental},"hasNext":${hasNext}}${DELIMITER}`;
    if (!response.write(hasNext ? text : `${text}--\r\n`)) await drained(response);
  }
  response.end();
}

/** Resolves when the client has read what was written, or has left. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      response.off('drain', finish).off('close', finish);
      resolve();
    };
    response.on('drain', finish).on('close', finish);
  });
}
