/** What a linker asks must not depend on its process: two captures that asked otherwise would be answered otherwise, too. */
import type { Capture, Question } from '../capture/capture.ts';
import { Refusal } from '../util/errors.ts';
import { hex } from '../util/units.ts';

/** Throws Refusal naming the first question that only one of the captures has, or that was answered otherwise. */
export function requireSameQuestions(first: Capture, second: Capture): void {
  const [a, b] = [questionsOf(first), questionsOf(second)];
  const only = [...a].find((each) => !b.has(each)) ?? [...b].find((each) => !a.has(each));
  if (only !== undefined) throw new Refusal(`two captures differ in what the linker asked: ${only}`);
}

function questionsOf({ questions }: Capture): ReadonlySet<string> {
  return new Set(questions.map(describe));
}

function describe(question: Question): string {
  switch (question.kind) {
    case 'call':
      return `system call ${String(question.number)} with ${question.arguments.map(hex).join(', ')}, which gave ${String(question.result)}`;
    case 'stack-limit':
      return 'the limit of the stack';
    default:
      return `${question.path} (${question.kind})`;
  }
}
