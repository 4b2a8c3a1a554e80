/** Calls a tool, and says why there is nothing to be seen where it is not there or may not look. */
import { execFile } from 'node:child_process';
import type { Sight } from '../systems/seen-by.ts';

/** Why a tool was not tried: one line. */
export interface Skipped {
  readonly skipped: string;
}

/** What a tool was found to see. */
export type Trial = Sight | Skipped;

interface Said {
  /** Both streams. */
  readonly text: string;
  /** Absent where it went well. */
  readonly failure?: Skipped;
}

const limits = { timeout: 120_000, maxBuffer: 1 << 28 } as const;

/** Standard input is empty. */
export function runTool(command: string, args: readonly string[]): Promise<Said> {
  const env = { ...process.env, LC_ALL: 'C', DEBUGINFOD_URLS: '' };
  return new Promise((resolve) => {
    const child = execFile(command, args, { ...limits, env }, (error, stdout, stderr) => {
      const text = stdout + stderr;
      if (error === null) resolve({ text });
      else if (error.code === 'ENOENT') resolve({ text, failure: { skipped: `there is no ${command}` } });
      else resolve({ text, failure: { skipped: firstLine(stderr) ?? `${command}: ${error.message}` } });
    });
    child.stdin?.end();
  });
}

/** A heading says nothing. */
function firstLine(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.find((line) => line !== '' && !/^errors?:$/i.test(line));
}
