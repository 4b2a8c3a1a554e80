/** The recipes of contrib/oci as data, by parsers of their formats: what they mount, and the very commands that they have. */
import type { ImageTemplate, Instruction, JSONInstruction, Property } from 'dockerfile-ast';
import { DockerfileParser, Run } from 'dockerfile-ast';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../../src/util/native.ts';
import { at, present } from '../../src/util/present.ts';

const read = (name: string): string => readFileSync(join(packageRoot(), 'contrib', 'oci', name), 'utf8');
const words = z.array(z.string());

export interface Dockerfile {
  /** Of the stage that binds: what sh runs, with the variables of its arguments, and where the tool's stage is mounted meanwhile. */
  readonly bind: {
    readonly command: string;
    readonly environment: Readonly<Record<string, string>>;
    readonly tool: string;
  };
  /** What the last stage has from the others. */
  readonly copies: readonly { readonly from: string; readonly source: string; readonly target: string }[];
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

/** `path`: that of the image from which it is made. */
export function readDockerfile(path: string): Dockerfile {
  const bound = stage('bound');
  const run = only(bound.getInstructions().filter((each) => each instanceof Run));
  const mount = new URLSearchParams((flagOf(run, 'mount') ?? '').replaceAll(',', '&'));
  if (mount.get('from') !== 'linkonce') throw new Error('the tool is not mounted');
  const last = stage(null);
  return {
    bind: {
      command: run.getArgumentsContent() ?? '',
      environment: Object.fromEntries(bound.getARGs().flatMap((each) => asVariable(each.getProperty()))),
      tool: mount.get('target') ?? '',
    },
    copies: last.getCOPYs().map((copy) => {
      const [source = '', target = ''] = copy.getArguments().map((each) => each.getValue());
      return { from: flagOf(copy, 'from') ?? '', source, target };
    }),
    environment: environmentOf(last, path),
    entrypoint: execForm(only(last.getENTRYPOINTs())),
    command: execForm(only(last.getCMDs())),
  };
}

/** The last one has no name. */
function stage(name: string | null): ImageTemplate {
  const file = DockerfileParser.parse(read('Dockerfile'));
  const from = file.getFROMs().find((each) => each.getBuildStage() === name);
  return present(file.getContainingImage(present(from, 'stage').getRange().start) ?? undefined, 'stage');
}

function only<T>(all: readonly T[]): T {
  if (all.length !== 1) throw new Error(`${String(all.length)} instructions in place of one`);
  return at(all, 0);
}

function flagOf(instruction: JSONInstruction, name: string): string | undefined {
  const flag = instruction.getFlags().find((each) => each.getName() === name);
  return flag?.getValue() ?? undefined;
}

function asVariable(property: Property | null): [string, string][] {
  return property ? [[property.getName(), property.getValue() ?? '']] : [];
}

function environmentOf(image: ImageTemplate, path: string): Readonly<Record<string, string>> {
  const variables = image.getENVs().flatMap((each) => each.getProperties().flatMap(asVariable));
  return Object.fromEntries(variables.map(([name, value]) => [name, value.replaceAll('${PATH}', path)]));
}

/** JSON, as Docker reads it. */
function execForm(instruction: Instruction): readonly string[] {
  return words.parse(JSON.parse(instruction.getArgumentsContent() ?? ''));
}

const securityContext = z.strictObject({
  runAsUser: z.number().optional(),
  runAsGroup: z.number().optional(),
  readOnlyRootFilesystem: z.boolean().optional(),
  allowPrivilegeEscalation: z.literal(false),
  capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
});
const container = z.strictObject({
  name: z.string(),
  image: z.string(),
  command: words.optional(),
  args: words.optional(),
  stdin: z.boolean().optional(),
  securityContext: securityContext.optional(),
  volumeMounts: z
    .array(z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().optional() }))
    .optional(),
});
const volume = z.strictObject({
  name: z.string(),
  hostPath: z.strictObject({ path: z.string(), type: z.literal('DirectoryOrCreate') }).optional(),
  emptyDir: z.strictObject({ medium: z.literal('Memory'), sizeLimit: z.string() }).optional(),
  image: z.strictObject({ reference: z.string(), pullPolicy: z.string() }).optional(),
});
const workload = z.object({
  apiVersion: z.literal('apps/v1'),
  kind: z.enum(['DaemonSet', 'Deployment']),
  spec: z.object({
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    template: z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()) }),
      spec: z.strictObject({
        securityContext: z.strictObject({
          runAsNonRoot: z.literal(true).optional(),
          runAsUser: z.number().optional(),
          runAsGroup: z.number().optional(),
          seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
        }),
        initContainers: z.array(container).optional(),
        containers: z.array(container),
        volumes: z.array(volume),
      }),
    }),
  }),
});

export type Workload = z.infer<typeof workload>;
export type PodSpec = Workload['spec']['template']['spec'];
export type PodContainer = z.infer<typeof container>;

/** Fields that are not known here are a fault: a field that the kubelet would not know either says nothing, and does nothing. */
export function readManifest(name: string): readonly Workload[] {
  return parseAllDocuments(read(name), { merge: true }).map((document) => {
    const [error] = [...document.errors, ...document.warnings];
    if (error) throw error;
    return workload.parse(document.toJS());
  });
}
