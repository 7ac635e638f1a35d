/**
 * Turns a name as somebody wrote it into plain lower-case Latin words. Scripts and diacritics are folded, honorifics
 * and particles are kept but marked weak, so that they neither make nor break a match.
 */

const LATIN: Readonly<Record<string, string>> = {
  ł: 'l', đ: 'd', ð: 'd', ø: 'o', ß: 'ss', æ: 'ae', œ: 'oe', þ: 'th', ı: 'i', ŋ: 'ng', ħ: 'h', ŧ: 't', ə: 'a', ĸ: 'k',
} // prettier-ignore

/** Cyrillic by the passport practice (ICAO 9303 part 3, section 6B), with the Ukrainian and Belarusian letters. */
const CYRILLIC: Readonly<Record<string, string>> = {
  а: 'a', б: 'b', в: 'v', г: 'g', ґ: 'g', д: 'd', е: 'e', ё: 'e', є: 'ye', ж: 'zh', з: 'z', и: 'i', і: 'i', ї: 'yi', й: 'y',
  к: 'k', л: 'l', м: 'm', н: 'n', о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ў: 'u', ф: 'f', х: 'kh', ц: 'ts', ч: 'ch',
  ш: 'sh', щ: 'shch', ъ: '', ы: 'y', ь: '', э: 'e', ю: 'yu', я: 'ya', ђ: 'dj', ј: 'j', љ: 'lj', њ: 'nj', ћ: 'c', џ: 'dz',
} // prettier-ignore

const GREEK: Readonly<Record<string, string>> = {
  α: 'a', β: 'v', γ: 'g', δ: 'd', ε: 'e', ζ: 'z', η: 'i', θ: 'th', ι: 'i', κ: 'k', λ: 'l', μ: 'm', ν: 'n', ξ: 'x', ο: 'o',
  π: 'p', ρ: 'r', σ: 's', ς: 's', τ: 't', υ: 'y', φ: 'f', χ: 'ch', ψ: 'ps', ω: 'o',
} // prettier-ignore

/** Arabic and Persian letters; short vowels are not written, and the distance between words forgives them. */
const ARABIC: Readonly<Record<string, string>> = {
  ا: 'a', أ: 'a', إ: 'i', آ: 'a', ب: 'b', پ: 'p', ت: 't', ث: 'th', ج: 'j', چ: 'ch', ح: 'h', خ: 'kh', د: 'd', ذ: 'dh', ر: 'r',
  ز: 'z', ژ: 'zh', س: 's', ش: 'sh', ص: 's', ض: 'd', ط: 't', ظ: 'z', ع: 'a', غ: 'gh', ف: 'f', ق: 'q', ك: 'k', ک: 'k', گ: 'g',
  ل: 'l', م: 'm', ن: 'n', ه: 'h', ة: 'a', و: 'u', ي: 'i', ی: 'i', ى: 'a', ئ: 'i', ؤ: 'u', ء: '',
} // prettier-ignore

const LETTERS: ReadonlyMap<string, string> = new Map(Object.entries({ ...LATIN, ...CYRILLIC, ...GREEK, ...ARABIC }))

/** Digits that scanners read for letters. */
const MISREAD_DIGITS: Readonly<Record<string, string>> = {
  '0': 'o', '1': 'i', '2': 'z', '3': 'e', '4': 'a', '5': 's', '6': 'g', '7': 't', '8': 'b', '9': 'g',
} // prettier-ignore

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

const HONORIFICS =
  words(`mr mrs ms miss mx sir dame lord lady dr doctor doc prof professor ing eng engineer mgr mudr judr
  phdr rndr thdr paeddr pharmdr mvdr bc mga bca dis csc drsc phd mba msc bsc ma ba md llm esq jr sr ii iii iv junior senior
  gen general col colonel maj major capt captain cap lt lieutenant sgt brig brigadier adm admiral cmdr commander don dona
  hon rev fr sheikh sheik shaykh shaikh cheikh shekh haji hajji hadji haj hajj al-hajj alhaj mullah mulla maulana mawlana
  molla mawlawi maulvi maulavi qari hafiz ustad ustadh sayyid sayyed sayed seyed seyyed sayid syed ayatollah hojatoleslam
  imam emir mufti herr frau monsieur mme pan pani sr sra srta senor senora`)

const PARTICLES =
  words(`al el ul il ad ar as az an ash at ez es bin ibn ben bint bent binti beni ould ag wa ud de del della
  dela di da do dos das du des la las le les lo los van von der den ter ten zu y e i und and the of o`)

/** One word of a name. */
export interface NameToken {
  readonly text: string
  /** An honorific or a particle: worth next to nothing, present or not. */
  readonly weak: boolean
}

const foldScripts = (text: string): string => {
  let folded = ''
  for (const letter of text.normalize('NFC').toLowerCase()) {
    const known = LETTERS.get(letter)
    folded += known ?? letter.normalize('NFKD').replace(/\p{M}/gu, '')
  }
  return folded
}

const readDigits = (word: string): string =>
  /[a-z]/.test(word) && /\d/.test(word) ? word.replace(/\d/g, (digit) => MISREAD_DIGITS[digit] ?? '') : word

const ABD = /^abd(?:[aeou]l?|il)?$/
const ALLAH = /^abd[aeiou]l+ah?$/
const ABD_GLUED = /^abd(?:[aeiou](?:l|([rsdtnz])(?=\1))?)([a-z]{3,})$/
const ARTICLE = /^(?:[aeiu][lrsdtnz]|ash)$/

/** `Abd al-Rahman`, `Abdul Rahman`, `Abdelrahman` and `Abdurrahman` become one word, `abdrahman`. */
const joinServants = (parts: readonly string[]): string[] => {
  const joined: string[] = []
  for (let at = 0; at < parts.length; at += 1) {
    const word = parts[at] ?? ''
    if (ABD.test(word) && at + 1 < parts.length) {
      const next = ARTICLE.test(parts[at + 1] ?? '') && at + 2 < parts.length ? at + 2 : at + 1
      const name = parts[next] ?? ''
      if (name.length >= 3) {
        joined.push(/^al+ah?$/.test(name) ? 'abdallah' : `abd${name}`)
        at = next
        continue
      }
    }
    const glued = ABD_GLUED.exec(word)
    joined.push(ALLAH.test(word) ? 'abdallah' : glued === null ? word : `abd${glued[2] ?? ''}`)
  }
  return joined
}

/** At most this many words of a name are looked at; a longer one is no person's name. */
const WORDS_MAX = 16
const CHARACTERS_MAX = 300

/**
 * The words of a name, in the order written, commas and punctuation gone. Words of an unknown script vanish; a name
 * of nothing else gives an empty list. A name made of weak words only has none of them marked weak.
 */
export const tokensOf = (name: string): readonly NameToken[] => {
  const plain = foldScripts(name.slice(0, CHARACTERS_MAX))
    .replace(/['\u2018\u2019\u02bb\u02bc\u02bf\u02be`\u00b4"]/g, '')
    .split(/[^a-z0-9]+/)
    .map(readDigits)
    .filter((word) => /[a-z]/.test(word))
    .slice(0, WORDS_MAX)
  const tokens = joinServants(plain).map((text) => ({ text, weak: HONORIFICS.has(text) || PARTICLES.has(text) }))
  return tokens.every((token) => token.weak) ? tokens.map(({ text }) => ({ text, weak: false })) : tokens
}
