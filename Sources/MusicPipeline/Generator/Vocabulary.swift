/// Words that made-up songs, people and places are put together from.
enum Vocabulary {
    static let genres = [
        "afrobeat", "ambient", "blues", "bossa nova", "chanson", "classical", "country", "disco", "dub", "electronic",
        "folk",
        "funk", "gospel", "hip-hop", "house", "indie", "jazz", "k-pop", "latin", "metal", "opera", "polka", "punk",
        "r&b",
        "reggae", "rock", "salsa", "ska", "soul", "techno",
    ]
    static let titles = [
        "Abend", "Amber", "Bridge", "Café", "Canción", "Cloud", "Dawn", "Ember", "Fjord", "Garden", "Harbour", "Île",
        "Juni",
        "Kite", "Lantern", "Meadow", "Noche", "Orbit", "Pier", "Quartz", "Rivière", "Signal", "Tide", "Über", "Valley",
        "雨",
        "Winter", "Yonder", "Zéphyr", "ночь",
    ]
    static let givenNames = [
        "Abena", "Boris", "Chloé", "Dmitri", "Elif", "Farah", "Gustav", "Hana", "Ines", "Jun", "Kwame", "Lucía", "Mei",
        "Nuno",
        "Olga", "Pele", "Quinn", "Ravi", "Søren", "Tove",
    ]
    static let familyNames = [
        "Adjei", "Bauer", "Castro", "Dubois", "Eriksen", "Fuentes", "Grün", "Hansson", "Ito", "Jansen", "Kim",
        "Lindqvist",
        "Mensah", "Novák", "Okafor", "Peña", "Rossi", "Sato", "Tanaka", "Vega",
    ]
    static let countries = [
        "Argentina", "Brazil", "Côte d'Ivoire", "Denmark", "Ethiopia", "France", "Germany", "Ghana", "India", "Japan",
        "Kenya",
        "Korea, Republic of", "Mexico", "Netherlands, Kingdom of the", "Norway", "Portugal", "Türkiye", "Viet Nam",
    ]
}
