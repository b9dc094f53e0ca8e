"""Believable East African names, most of them Tanzanian, for people who do not exist."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

FEMALE_SHARE = 0.46


@dataclass(frozen=True)
class DemoName:
    first: str
    middle: str
    """Empty for the few who have none."""
    surname: str
    is_female: bool

    @property
    def full(self) -> str:
        return " ".join(part for part in (self.first, self.middle, self.surname) if part)

    @property
    def is_muslim(self) -> bool:
        """Whether the first name is a Muslim one, so that name and portrait agree."""
        return self.first in MUSLIM.of(is_female=self.is_female)


@dataclass(frozen=True)
class Pool:
    """The names that women and men of one community choose from."""

    female: tuple[str, ...]
    male: tuple[str, ...]

    def of(self, *, is_female: bool) -> tuple[str, ...]:
        return self.female if is_female else self.male


@dataclass(frozen=True)
class Community:
    """How a group of people forms its names; `weight` is its part of the campus."""

    weight: int
    first: Pool
    middle: Pool
    surname: Pool
    without_middle: float = 0.04


def names(rng: Random, *, female_share: float = FEMALE_SHARE) -> Iterator[DemoName]:
    """Names without end, no full name twice; the same `rng` state gives the same names."""
    seen: set[str] = set()
    weights = [community.weight for community in COMMUNITIES]
    while True:
        [community] = rng.choices(COMMUNITIES, weights)
        name = _choose(rng, community, is_female=rng.random() < female_share)
        if name.full not in seen and _sounds_right(name):
            seen.add(name.full)
            yield name


def _choose(rng: Random, community: Community, *, is_female: bool) -> DemoName:
    first, middle, surname = (
        rng.choice(pool.of(is_female=is_female))
        for pool in (community.first, community.middle, community.surname)
    )
    if rng.random() < community.without_middle:
        middle = ""
    return DemoName(first, middle, surname, is_female)


def _sounds_right(name: DemoName) -> bool:
    """A son is not named after himself: Juma Juma Juma does not occur."""
    return len({name.first, name.middle, name.surname}) == 3


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _both(text: str) -> Pool:
    """Names that do not tell a woman from a man, as most surnames."""
    words = _words(text)
    return Pool(words, words)


CHRISTIAN = Pool(
    female=_words(
        """Neema Upendo Grace Esther Anna Happiness Gladness Furaha Doreen Witness Rose Elizabeth
        Joyce Agnes Beatrice Catherine Angela Irene Jackline Pendo Tumaini Stella Eliwaza Anitha
        Aneth Rosemary Consolata Levina Theresia Flora Lilian Mary Magreth Vumilia Zawadi Sarah Eva
        Veronica Winfrida Editha Scholastica Prisca Jenipher Anastazia Bernadetha Devotha Elineema
        Faraja Godliver Josephine Leokadia Naomi Oliva Perpetua Rachel Salome Tekla Yusta"""
    ),
    male=_words(
        """Baraka Emmanuel Godfrey Frank Joseph Daudi Elia Amani Fadhili Innocent Goodluck
        Deogratias Dickson Denis Erick Gerald Kelvin Laurent Nicodemus Peter Paulo Philipo Robert
        Samwel Simon Wilbroad Zakaria Yohana Elisha Japhet Ezekiel Method Novatus Festo Onesmo
        Evarist Respicius Castory Anthony John Aloyce Benedicto Cosmas Damian Fulgence Gaudence
        Hosea Isaya Jeremia Lazaro Melkizedeki Nestory Obadia Pius Revocatus Titus Valerian"""
    ),
)
MUSLIM = Pool(
    female=_words(
        """Amina Asha Fatuma Halima Mwanaidi Mwajuma Rehema Saida Salma Zainabu Zuhura Mariamu
        Hadija Rukia Sikudhani Tatu Mwanahamisi Pili Subira Tausi Latifa Aziza Biubwa Chiku Farida
        Hawa Jamila Kuruthumu Leila Maimuna Nasra Radhia Sharifa Ummy Warda Zubeda Sabrina Zulfa"""
    ),
    male=_words(
        """Juma Rashidi Hamisi Salum Omari Bakari Abdallah Ramadhani Shabani Iddi Athumani Mussa
        Yusufu Hassani Selemani Mohamedi Issa Kassim Ally Mrisho Saidi Abdulrahman Haruna Hemedi
        Ibrahimu Jabiri Khalfani Mbaraka Mwinshehe Nassoro Rajabu Seif Twaha Yahya Zuberi Swalehe"""
    ),
)
ENGLISH = Pool(
    female=_words(
        """Faith Mercy Purity Joy Caroline Lucy Brenda Sharon Winnie Cynthia Diana Eunice Gladys
        Hellen Janet Lydia Martha Nancy Priscilla Ruth Susan Tabitha Violet Phoebe Millicent"""
    ),
    male=_words(
        """Brian Dennis Kevin Victor Collins Felix George Henry Isaac James Kennedy Martin Nicholas
        Patrick Paul Stephen Timothy Vincent Wycliffe Moses Allan Geoffrey Edwin Silas Bernard"""
    ),
)
FRENCH = Pool(
    female=_words(
        """Marie-Claire Marie-Louise Clémentine Thérèse Aline Chantal Diane Claudine Marie-Chantal
        Josiane Solange Espérance Béatrice"""
    ),
    male=_words(
        """Jean-Bosco Jean-Pierre Jean-Damascène Emmanuel Innocent Théogène Eric Olivier Désiré
        Jean-Baptiste Fabrice Placide Félicien"""
    ),
)
SUKUMA_FIRST = Pool(
    female=(*CHRISTIAN.female, *_words("Kabula Nyamizi Kulwa Dotto Milembe Kwandu Ng'washi Limi")),
    male=(*CHRISTIAN.male, *_words("Masanja Kulwa Dotto Shija Luhende Bundala Maduhu Ng'wandu")),
)
HAYA_FIRST = Pool(
    female=(*CHRISTIAN.female, *_words("Kokushubila Kemilembe Kokugonza Kokubelwa Asimwe Koku")),
    male=(*CHRISTIAN.male, *_words("Mujuni Mugisha Muganyizi Kamugisha Rwegasira Mwombeki")),
)
MAASAI_FIRST = Pool(
    female=(
        *_words("Sinyati Naserian Nashipae Namnyak Nasieku Nembris Noorkiyiengop"),
        *CHRISTIAN.female[:14],
    ),
    male=(
        *_words("Lemayan Saning'o Lengai Kipara Lemburis Meshuko Saitoti Lazaro"),
        *CHRISTIAN.male[:14],
    ),
)
KURYA_FIRST = Pool(
    female=(*_words("Bhoke Robhi Ghati Nchagwa Weigama Nyangi"), *CHRISTIAN.female[:20]),
    male=(*_words("Chacha Marwa Mwita Ryoba Matiko Wambura"), *CHRISTIAN.male[:20]),
)


def _fathers(pool: Pool) -> Pool:
    """In Tanzania a daughter's middle name is her father's first name, as her brother's is."""
    return Pool(pool.male, pool.male)


TANZANIA = (
    Community(  # Chagga and Pare
        weight=17,
        first=CHRISTIAN,
        middle=_fathers(CHRISTIAN),
        surname=_both(
            """Mushi Massawe Kimaro Moshi Shirima Temba Lyimo Mallya Tarimo Urassa Swai Macha Minja
            Mosha Kessy Lema Njau Ndosi Mtui Assey Nkya Kileo Uiso Ngowi Makundi Marandu Mariki Mlay
            Kiwelu Msaki Tesha Msangi Mshana Mbwambo Mndeme Msuya Kisanga Mgonja Mrindoko
            Kimaro-Mushi"""
        ),
    ),
    Community(  # Sukuma and Nyamwezi
        weight=13,
        first=SUKUMA_FIRST,
        middle=_fathers(SUKUMA_FIRST),
        surname=_both(
            """Masanja Shija Bundala Luhende Malongo Ng'wandu Mabula Masunga Ngassa Nyanda Maduhu
            Machibya Ng'humbi Mayunga Mhoja Kashinje Masele Makoye Ng'wanang'walu Salawi Kitundu
            Kalemba Mihayo Lubinza Ntugwa Ng'hwaya Mlyansi Kasubi Igembe"""
        ),
    ),
    Community(  # Haya and their neighbours
        weight=9,
        first=HAYA_FIRST,
        middle=_fathers(HAYA_FIRST),
        surname=_both(
            """Rwegasira Mutalemwa Kagaruki Rugemalira Byabato Kamugisha Ishengoma Mushumbusi
            Rutashobya Katunzi Lugakingira Rweyemamu Kyaruzi Kahwa Rwechungura Bashaija Kaijage
            Nyakunga Rutabanzibwa Kabyemera Rutaihwa Rugaimukamu Mutahyabarwa Rwiza Kalokola"""
        ),
    ),
    Community(  # The southern highlands: Hehe, Bena, Kinga, Nyakyusa
        weight=13,
        first=CHRISTIAN,
        middle=_fathers(CHRISTIAN),
        surname=_both(
            """Kalinga Sanga Mhagama Ngonyani Mwakalinga Mwaipopo Mwakyusa Mwambene Mwasomola
            Mwakipesile Kyando Mahenge Mgaya Kiswaga Chaula Mbilinyi Nyagawa Luvanda Kikoti Mdegela
            Mlelwa Ng'umbi Mwakatobe Mwandambo Mwaisumo Haule Komba Mapunda Nchimbi Kihwele"""
        ),
    ),
    Community(  # Gogo, Iraqw, Makonde and others
        weight=9,
        first=CHRISTIAN,
        middle=_fathers(CHRISTIAN),
        surname=_both(
            """Chibwana Mazengo Masima Chilongani Matonya Ndahani Mwaluko Chiwanga Tluway Gwandu
            Qambadu Massay Sulle Nampinga Chinguile Nandonde Namangaya Likunguwala
            Msigala Mkude Mloka Kibwana Lukali Mng'ong'o Mkoba Luambano"""
        ),
    ),
    Community(  # The coast
        weight=15,
        first=MUSLIM,
        middle=_fathers(MUSLIM),
        surname=_both(
            """Kitwana Mbonde Kondo Mwinyimkuu Kisoma Mfaume Mgeni Ngwali Mbwana Mkumbukwa Mtepa
            Chande Kindamba Shomari Mzee Pazi Mnyamani Mwinyikambi Mwinjuma Mkopi Lipumbu Nguzo
            Mwenda Kaniki Dihenga Mketo Sengondo Mtulia Ponela Mng'anya Hamisi Rashidi Omari"""
        ),
    ),
    Community(  # Zanzibar
        weight=8,
        first=MUSLIM,
        middle=_fathers(MUSLIM),
        surname=_both(
            """Al-Harthy Al-Barwani Al-Busaidy Al-Mauly Al-Riyami Al-Kindy Khamis Makame Haji Ussi
            Vuai Faki Shaame Hamad Bakar Suleiman Abeid Ngwali Foum Khatib Machano Pandu Kombo"""
        ),
    ),
    Community(  # Maasai and Arusha
        weight=4,
        first=MAASAI_FIRST,
        middle=_fathers(MAASAI_FIRST),
        surname=_both(
            """Laizer Mollel Lukumay Kivuyo Saning'o Ole-Sikawa Ole-Saitabau Ngoilenya Parmwat
            Sarakikya Lengoirit Nanyaro Ole-Kuney Kaaya Pallangyo"""
        ),
    ),
    Community(  # Mara
        weight=5,
        first=KURYA_FIRST,
        middle=_fathers(KURYA_FIRST),
        surname=_both(
            """Chacha Marwa Mwita Nyamhanga Wambura Magesa Ryoba Matiko Nyakitita Machage Kisiri
            Ogunya Nyamaronga Kehengu Bwire Mafwele"""
        ),
    ),
)
KENYA = (
    Community(  # Kikuyu
        weight=5,
        first=ENGLISH,
        middle=Pool(
            female=_words(
                """Wanjikũ Njeri Wambũi Wangarĩ Mũthoni Nyambura Wairimũ Wangecĩ Nyokabi Wanjirũ
                Mũmbi Warũgũrũ Gathoni"""
            ),
            male=_words(
                "Kamau Mwangi Njoroge Kariũki Mũchiri Ndegwa Karanja Gĩtaũ Waweru Mbũgua Kĩmani"
            ),
        ),
        surname=_both(
            """Kĩmani Ng'ang'a Gĩthĩnji Ndũng'ũ Kĩarie Kĩnyanjui Wainaina Mũriũki Macharia
            Njũgũna Gĩchũhĩ Kamau Mwangi Mbũgua Mũrĩithi"""
        ),
    ),
    Community(  # Luo
        weight=3,
        first=ENGLISH,
        middle=Pool(
            female=_words("Achieng Akinyi Atieno Adhiambo Awuor Anyango Apiyo Akoth"),
            male=_words("Otieno Ochieng Odhiambo Omondi Onyango Okoth Owino Ouma"),
        ),
        surname=_both("Oduor Ogola Okello Onyango Otieno Ochieng Ojwang' Odongo Nyong'o Owuor"),
    ),
    Community(  # Kamba, Kalenjin, Luhya
        weight=3,
        first=ENGLISH,
        middle=Pool(
            female=_words("Mwende Ndunge Nthenya Chebet Chepkemoi Jepkosgei Nekesa Nafula Nanjala"),
            male=_words("Mutua Kyalo Musyoka Kiplagat Kipchumba Kiprono Wekesa Simiyu Barasa"),
        ),
        surname=_both(
            "Kalemba Munyao Ng'eno Cheruiyot Koech Rotich Wafula Wanjala Mutiso Ng'etich"
        ),
    ),
)
UGANDA = (
    Community(
        weight=4,
        first=ENGLISH,
        middle=Pool(
            female=_words("Babirye Nakato Kansiime Asiimwe Aber Acan Nantongo"),
            male=_words("Kato Wasswa Tumusiime Ojok Okot Asiimwe Kizito"),
        ),
        surname=Pool(
            female=_words(
                """Namutebi Nansubuga Nabukenya Nalubega Nakitto Tumwebaze Ainembabazi Byaruhanga
                Lamunu Nakayiza"""
            ),
            male=_words(
                """Ssemakula Mukasa Ssebunya Lubega Ssekandi Kigozi Muwonge Byaruhanga Tumwebaze
                Komakech"""
            ),
        ),
        without_middle=0.6,
    ),
)
RWANDA = (
    Community(
        weight=3,
        first=FRENCH,
        middle=Pool(
            female=_words("Umutoni Mutesi Uwera Ingabire Keza"),
            male=_words("Mugabo Kagabo Tuyishime Shema Manzi"),
        ),
        surname=Pool(
            female=_words("Uwase Mukamana Uwimana Uwamahoro Mukandayisenga Nyirahabimana"),
            male=_words(
                """Habimana Nshimiyimana Hakizimana Niyonzima Nsengiyumva Ndayishimiye Bizimana
                Munyaneza"""
            ),
        ),
        without_middle=0.7,
    ),
)
COMMUNITIES = (*TANZANIA, *KENYA, *UGANDA, *RWANDA)
