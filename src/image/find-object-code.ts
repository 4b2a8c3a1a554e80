/**
 * The function that stands for the linker's `_dl_find_object` (see `find-object.ts`), and the words that it reads behind it. What
 * it fills in for its own ranges is what the linker says of itself (dlfcn.h, `struct dl_find_object`), with these bounds and frames.
 */
import type { Address } from '../util/units.ts';
import type { CodeFrame } from './code-frames.ts';

/** Bytes: code, then the words. */
export const findObjectSize = 152;

/** Where each word stands. */
export const findObjectWords = { function: 120, ranges: 128, rangesEnd: 136, header: 144 } as const;

/** `int (void *address, struct dl_find_object *result)`: 0 where it is found. */
export function findObjectCode(): Buffer {
  const { ranges, rangesEnd, header } = findObjectWords;
  const bytes = Buffer.alloc(findObjectSize, 0xcc);
  let at = 0;
  const put = (code: string, word?: number): void => {
    at += bytes.write(code.replaceAll(' ', ''), at, 'hex');
    if (word !== undefined) at = bytes.writeInt32LE(word - at - 4, at);
  };
  put('48 83 ec 18'); //                 sub    $24, %rsp
  put('48 89 3c 24'); //                 mov    %rdi, (%rsp)
  put('48 89 74 24 08'); //              mov    %rsi, 8(%rsp)
  put('ff 15', findObjectWords.function); // call *function(%rip)
  put('85 c0'); //                       test   %eax, %eax
  put('74 5c'); //                       je     done
  put('48 8b 3c 24'); //                 mov    (%rsp), %rdi
  put('48 8b 15', ranges); //            mov    ranges(%rip), %rdx
  put('48 3b 15', rangesEnd); //   next: cmp    ranges_end(%rip), %rdx
  put('74 48'); //                       je     done
  put('48 3b 3a'); //                    cmp    (%rdx), %rdi
  put('72 06'); //                       jb     skip
  put('48 3b 7a 08'); //                 cmp    8(%rdx), %rdi
  put('72 06'); //                       jb     found
  put('48 83 c2 10'); //           skip: add    $16, %rdx
  put('eb e6'); //                       jmp    next
  put('48 89 54 24 10'); //       found: mov    %rdx, 16(%rsp)
  put('48 8b 3d', findObjectWords.function); // mov function(%rip), %rdi
  put('48 8b 74 24 08'); //              mov    8(%rsp), %rsi
  put('ff 15', findObjectWords.function); // call *function(%rip)
  put('85 c0'); //                       test   %eax, %eax
  put('75 1c'); //                       jne    done
  put('48 8b 54 24 10'); //              mov    16(%rsp), %rdx
  put('48 8b 74 24 08'); //              mov    8(%rsp), %rsi
  put('0f 10 02'); //                    movups (%rdx), %xmm0
  put('0f 11 46 08'); //                 movups %xmm0, 8(%rsi)
  put('48 8b 15', header); //            mov    header(%rip), %rdx
  put('48 89 56 20'); //                 mov    %rdx, 32(%rsi)
  put('48 83 c4 18'); //           done: add    $24, %rsp
  put('c3'); //                          ret
  return bytes;
}

const [entered, left] = [4, 119];

/** Its own frames, where it stands. */
export function findObjectFrames(address: Address): CodeFrame[] {
  return [
    { address, size: entered, depth: 8 },
    { address: address + entered, size: left - entered, depth: 32 },
    { address: address + left, size: 1, depth: 8 },
  ];
}
